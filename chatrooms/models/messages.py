"""Messages, and the replies to them."""

from datetime import timedelta
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import DurationField, Exists, ExpressionWrapper, F, Func, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from chatrooms.exceptions import MessageNotFound
from chatrooms.models.rooms import Chatroom, RoomKind

MAX_CONTENT: Final = 16_000
"""Characters of a message."""

MAX_SEARCHED: Final = 100_000
"""Characters of a text that are searched: a `tsvector` holds less than a mebibyte of words and their positions."""

RETRIES: Final = 3
"""How many failures a reply survives, less one: a lost lease or a failed call spends a retry, and a reply that spends
its last one fails."""

SETTLED_WITHIN: Final = timedelta(seconds=3)
"""A stopped reply has its text by then: a worker looks for stops every second."""


class Status(models.TextChoices):
    """The life of a reply."""

    QUEUED = "queued"
    GENERATING = "generating"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


UNFINISHED = (Status.QUEUED, Status.GENERATING)
READABLE = (Status.DONE, Status.STOPPED)
"""Replies whose text users may read; a failed or unfinished one never shows a part of a text."""


class Role(models.TextChoices):
    """Who wrote a message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageQuerySet(models.QuerySet["Message"]):
    def for_user(self, user: Any) -> Self:
        """The messages that `user` wrote, without the replies."""
        return self.of_user(user.pk)

    def of_user(self, user_id: Any) -> Self:
        """As `for_user`, by the user's id."""
        return self.filter(user_id=user_id, role=Role.USER)

    def listed(self) -> Self:
        """Those in rooms that are in lists, too (`ChatroomQuerySet.listed`)."""
        return self.filter(room__kind=RoomKind.CHAT)

    def seen_by(self, user: Any) -> Self:
        """What `user` wrote and the current replies to it, the newest first.

        A range that holds one user keeps the user in the sort order. With `=` PostgreSQL sorts by the id alone, and may
        scan the messages of all users to find those of one: it did, among 60,000 of three users.
        """
        seen = self.listed().filter(Q(role=Role.USER) | Q(is_current=True, status__in=READABLE))
        return seen.filter(user_id__gte=user.pk, user_id__lte=user.pk).order_by("user_id", "-pk")

    def in_room(self, room_id: int) -> Self:
        """The user's messages of a room. It does not check whose room that is."""
        return self.filter(room_id=room_id, role=Role.USER)

    def with_reply(self) -> Self:
        """Prefetch the current reply of each, in one further query."""
        current = Reply.objects.filter(is_current=True)
        return self.prefetch_related(models.Prefetch("replies", queryset=current, to_attr="current_replies"))


class ReplyQuerySet(models.QuerySet["Reply"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)

    def first_in_room(self) -> Self:
        """Those with no earlier unfinished reply in their room."""
        earlier = Reply.objects.filter(room_id=OuterRef("room_id"), pk__lt=OuterRef("pk")).unfinished()
        return self.exclude(Exists(earlier))

    def due(self) -> Self:
        """Those that a worker may claim now: queued, not waiting for a retry, and the first in their room."""
        return self.filter(status=Status.QUEUED, next_attempt_at__lte=Now()).first_in_room()

    def held_by(self, *, reply_id: int, attempt: int) -> Self:
        """The reply if this attempt still generates it; empty once another attempt has it."""
        return self.filter(pk=reply_id, attempt=attempt, status=Status.GENERATING)

    def unsettled(self) -> Self:
        """Those that were stopped while a worker generated them, and of which the worker has not saved the text."""
        return self.filter(status=Status.STOPPED, lease_until__isnull=False)

    def without_text(self) -> Self:
        """Those whose text is not saved yet. One that is stopped gets it within `SETTLED_WITHIN`, if it has any."""
        just_stopped = self.unsettled().filter(content="", finished_at__gt=Now() - SETTLED_WITHIN)
        return self.unfinished() | just_stopped

    def unknown(self) -> Self:
        """Those whose text is not final yet."""
        return self.unfinished() | self.unsettled()

    def with_waited(self) -> Self:
        """Annotate how long ago each was requested: a retry is requested when its unit is consumed."""
        waited = ExpressionWrapper(Now() - Coalesce("unit__created_at", "created_at"), output_field=DurationField())
        return self.annotate(waited=waited)


class MessageManager(models.Manager.from_queryset(MessageQuerySet)):  # type: ignore[misc]
    """All rows, without the search vector, which is large."""

    def get_queryset(self) -> MessageQuerySet:
        return MessageQuerySet(self.model, using=self._db).defer("search")


class Message(models.Model):
    """One row of a chatroom: what the user wrote, or (as a `Reply`) what the assistant replied."""

    room = models.ForeignKey(Chatroom, on_delete=models.CASCADE, related_name="messages")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    """The room's owner, on every row, so that access and limits are one indexed lookup."""
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)
    files = models.JSONField(null=True)
    """What is shown of its files (`chatrooms.attachments.attaching.SHOWN`), a copy of their rows; null without any."""
    search = models.GeneratedField(
        # chatrooms/words.py defines what a word is.
        expression=Func(F("content"), template="to_tsvector('simple'::regconfig, kuvaka_words(%(expressions)s))"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    # What only a reply has.
    answers = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    is_current = models.BooleanField(default=False)
    revision = models.ForeignKey("Revision", null=True, on_delete=models.CASCADE, related_name="+")
    """The earlier text of the message that it replied to; null if it replied to the present one."""
    status = models.CharField(max_length=10, choices=Status, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    retries_left = models.PositiveSmallIntegerField(default=RETRIES, db_column="tries_left")
    next_attempt_at = models.DateTimeField(null=True, db_column="not_before")
    """From when on a worker may claim it."""
    publish_at = models.DateTimeField(null=True)
    """When the reaper publishes its task again, unless a worker has claimed it."""
    unit = models.ForeignKey("billing.LedgerEntry", null=True, on_delete=models.SET_NULL, related_name="+")
    """What it cost; a retry costs another unit. Refunded, once, if it fails."""
    is_parked = models.BooleanField(default=False)
    """A worker received its task and could not start it: it waits for a slot, not for its task."""
    lease_until = models.DateTimeField(null=True)
    model = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=40, blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    tokens_estimated = models.BooleanField(default=False, db_default=False)
    """Whether a count is our estimate, since the provider gave none."""
    cached_tokens = models.PositiveIntegerField(null=True)
    tool_tokens = models.PositiveIntegerField(null=True)
    thought_tokens = models.PositiveIntegerField(null=True)
    """Parts of the counts above, but for `tool_tokens`, which are further input; see `gemini.types.Usage`."""
    parts = models.JSONField(null=True)
    """What the reply holds besides one text, see `chatrooms.replies.parts`; null for a text alone."""
    response_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    """The vendor's name of the response."""
    asked = models.JSONField(null=True)
    """What the request for it asked of the model beside its room (`chatrooms.replies.asked`); null for nothing."""
    service_tier = models.CharField(max_length=20, blank=True, default="", db_default="")
    retry_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    """While it waits for its next attempt: why the last one failed."""
    first_token_ms = models.PositiveIntegerField(null=True)
    """Milliseconds from the request of the reply to the first chunk of the attempt that ended it."""
    request_id = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[MessageManager] = MessageManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role=Role.USER, answers=None, status="", is_current=False)
                | (Q(role=Role.ASSISTANT, answers__isnull=False) & ~Q(status="")),
                name="message_is_of_the_user_or_a_reply",
            ),
            models.CheckConstraint(condition=Q(retries_left__lte=RETRIES), name="reply_tries_are_bounded"),
            models.CheckConstraint(
                condition=~Q(status=Status.GENERATING) | Q(lease_until__isnull=False), name="reply_generating_has_lease"
            ),
            models.CheckConstraint(
                condition=(Q(status=Status.FAILED) & ~Q(error="")) | (~Q(status=Status.FAILED) & Q(error="")),
                name="reply_failed_has_code",
            ),
            models.UniqueConstraint(
                fields=["room"], condition=Q(status=Status.GENERATING), name="reply_one_generating_per_room"
            ),
            models.UniqueConstraint(
                fields=["answers"], condition=Q(is_current=True), name="reply_one_current_per_message"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="message_of_user"),
            models.Index(fields=["room", "-id"], name="message_by_room", condition=Q(role=Role.USER)),
            models.Index(
                fields=["room", "-answers"], name="reply_told", condition=Q(is_current=True, status__in=READABLE)
            ),
            models.Index(fields=["room", "id"], name="reply_unfinished", condition=Q(status__in=UNFINISHED)),
            models.Index(fields=["user", "id"], name="reply_unfinished_of_user", condition=Q(status__in=UNFINISHED)),
            models.Index(fields=["user", "id"], name="reply_parked", condition=Q(is_parked=True)),
            models.Index(fields=["publish_at"], name="reply_to_publish", condition=Q(status=Status.QUEUED)),
            models.Index(fields=["lease_until"], name="reply_by_lease", condition=Q(lease_until__isnull=False)),
            GinIndex(fields=["search"], name="message_by_words"),
            models.Index(fields=["user", "-id"], name="reply_failed_of_user", condition=Q(status=Status.FAILED)),
            models.Index(fields=["-id"], name="reply_failed", condition=Q(status=Status.FAILED)),
            BrinIndex(fields=["created_at"], name="message_by_time", autosummarize=True),
        ]
        default_permissions = ()

    current_replies: "list[Reply]"

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def reply(self) -> "Reply":
        """The current reply (prefetch it with `with_reply`).

        Raises:
            MessageNotFound: the message was deleted between the query for it and the one for its reply.
        """
        if not self.current_replies:
            raise MessageNotFound
        return self.current_replies[0]


class ReplyManager(models.Manager.from_queryset(ReplyQuerySet)):  # type: ignore[misc]
    """Only the rows of the assistant, without the search vector."""

    def get_queryset(self) -> ReplyQuerySet:
        return ReplyQuerySet(self.model, using=self._db).filter(role=Role.ASSISTANT).defer("search")


class Reply(Message):
    """The assistant message that answers a user message.

    Attributes:
        waited: how long ago it was requested, if `with_waited` has annotated it.
    """

    waited: timedelta

    objects: ClassVar[ReplyManager] = ReplyManager()

    class Meta:
        proxy = True
        verbose_name_plural = "replies"
        default_permissions = ("view",)
        permissions = [("retry_reply", "Can have failed answers tried again")]

    def __str__(self) -> str:
        return f"reply {self.pk}"

    @property
    def is_known(self) -> bool:
        """Whether it has ended and its text is final: the opposite of `ReplyQuerySet.unknown`."""
        return self.status not in UNFINISHED and self.lease_until is None

    @property
    def question(self) -> Message:
        """The user's message that this replies to (a constraint says that there is one)."""
        assert self.answers is not None
        return self.answers


class Revision(models.Model):
    """What a user's message said before it was edited."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    content = models.TextField()
    written_at = models.DateTimeField()
    """When the message got this text."""

    def __str__(self) -> str:
        return f"earlier text {self.pk} of message {self.message_id}"
