"""Rooms, the messages in them, and the replies to these."""

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, DurationField, Exists, ExpressionWrapper, F, Func, OuterRef, Q, When
from django.db.models.functions import Coalesce, Now

from chatrooms.exceptions import MessageNotFound

MAX_CONTENT = 16_000
"""Characters of a message."""

MAX_SEARCHED = 100_000
"""Characters of a text that are searched: a `tsvector` holds less than a mebibyte of words and their places."""

TRIES = 3
"""How often a reply is tried before it fails: a try is lost with its worker's lease or with a failed call."""


class ChatroomQuerySet(models.QuerySet["Chatroom"]):
    """Rooms by who may see them."""

    def for_user(self, user: Any) -> Self:
        """The rooms of `user`; nobody else's exist for them."""
        return self.filter(user_id=user.pk)


class Naming(models.TextChoices):
    """Who gave a room its name; what the user chose is never replaced."""

    DEFAULT = "default"
    MODEL = "model"
    USER = "user"


class MillenniumLater(Func):
    """A moment moved behind all others. By way of UTC, since adding to a `timestamptz` depends on the session's zone,
    and PostgreSQL keeps no column that is computed so.
    """

    template = "(((%(expressions)s) AT TIME ZONE 'UTC') + interval '1000 years') AT TIME ZONE 'UTC'"


class Chatroom(models.Model):
    """One user's conversation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chatrooms")
    name = models.CharField(max_length=120)
    naming = models.CharField(max_length=7, choices=Naming, default=Naming.USER, db_default=Naming.USER)
    title_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often the model was asked for a name."""
    system_instruction = models.CharField(max_length=4_000, blank=True)
    model = models.CharField(max_length=80, blank=True, default="", db_default="")
    """The model that answers here while the tier allows it; empty for the tier's first."""
    temperature = models.FloatField(null=True)
    pinned = models.BooleanField(default=False, db_default=False)
    archived = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    """The last activity."""
    listed_at = models.GeneratedField(
        expression=Case(When(pinned=True, then=MillenniumLater(F("updated_at"))), default=F("updated_at")),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    """By what rooms are listed: pinned ones first, each kind by its last activity. One column, so that a cursor can
    name a place in the list."""

    objects = ChatroomQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(temperature=None) | Q(temperature__gte=0, temperature__lte=2),
                name="room_temperature_is_0_to_2",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "archived", "-listed_at", "-id"], name="room_by_place_in_list"),
            models.Index(fields=["user", "-updated_at"], name="room_by_activity"),
        ]
        default_permissions = ("view",)
        permissions = [("read_transcript", "Can read what was said, for a reason")]

    def __str__(self) -> str:
        return f"room {self.pk}"


class Summary(models.Model):
    """What the oldest turns of a long conversation came to: the model is told this in their place. Never a message."""

    room = models.OneToOneField(Chatroom, primary_key=True, on_delete=models.CASCADE, related_name="summary")
    content = models.TextField()
    upto = models.BigIntegerField()
    """The checkpoint: the id of the last user message that the summary covers."""
    stale = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    """Ids of messages up to there that were edited or answered anew since: the model is told them word for word, until
    the next summary takes them up."""
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "summaries"

    def __str__(self) -> str:
        return f"summary of room {self.pk}"


class Status(models.TextChoices):
    """The life of a reply."""

    QUEUED = "queued"
    GENERATING = "generating"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


UNFINISHED = (Status.QUEUED, Status.GENERATING)
TOLD = (Status.DONE, Status.STOPPED)
"""Replies whose text is a text to read; a failed or unfinished one never shows a part of an answer."""


class Role(models.TextChoices):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageQuerySet(models.QuerySet["Message"]):
    """What users wrote, by who may see it."""

    def for_user(self, user: Any) -> Self:
        """The messages that `user` wrote; a reply is no message of its own here."""
        return self.filter(user_id=user.pk, role=Role.USER)

    def seen_by(self, user: Any) -> Self:
        """What `user` wrote, and the answers that they see with it, the newest first.

        A range that holds one user keeps the user in the order. With `=` PostgreSQL orders by the id alone, and may
        walk through everybody's messages to find those of one: it did, among 60,000 of three users.
        """
        seen = self.filter(Q(role=Role.USER) | Q(is_current=True, status__in=TOLD))
        return seen.filter(user_id__gte=user.pk, user_id__lte=user.pk).order_by("user_id", "-pk")

    def in_room(self, room_id: int) -> Self:
        """The user's messages of a room; whose room it is, the caller has asked."""
        return self.filter(room_id=room_id, role=Role.USER)

    def with_reply(self) -> Self:
        """Bring the current reply of each along, in one further query for all."""
        current = Reply.objects.filter(is_current=True)
        return self.prefetch_related(models.Prefetch("replies", queryset=current, to_attr="current_replies"))


class ReplyQuerySet(models.QuerySet["Reply"]):
    """Replies by where they are in their life."""

    def unfinished(self) -> Self:
        """Those that have no end state yet."""
        return self.filter(status__in=UNFINISHED)

    def first_in_room(self) -> Self:
        """Those before which no reply of their room is unfinished."""
        earlier = Reply.objects.filter(room_id=OuterRef("room_id"), pk__lt=OuterRef("pk")).unfinished()
        return self.exclude(Exists(earlier))

    def due(self) -> Self:
        """Those that a worker may take now: queued, not put off, and the first in their room."""
        return self.filter(status=Status.QUEUED, not_before__lte=Now()).first_in_room()

    def held_by(self, *, reply_id: int, attempt: int) -> Self:
        """The one that this attempt still generates; empty once the lease was lost to another."""
        return self.filter(pk=reply_id, attempt=attempt, status=Status.GENERATING)

    def unsettled(self) -> Self:
        """Those that were stopped while a worker generated them, which has not yet said what it had."""
        return self.filter(status=Status.STOPPED, lease_until__isnull=False)

    def unknown(self) -> Self:
        """Those of which the text is not known yet."""
        return self.unfinished() | self.unsettled()

    def with_waited(self) -> Self:
        """Bring along how long each has waited since it was asked for: a retry is asked for when it is paid for."""
        waited = ExpressionWrapper(Now() - Coalesce("unit__created_at", "created_at"), output_field=DurationField())
        return self.annotate(waited=waited)


class MessageManager(models.Manager.from_queryset(MessageQuerySet)):  # type: ignore[misc]
    """All rows."""

    def get_queryset(self) -> MessageQuerySet:
        """Leave the words that the search goes by in the database."""
        return MessageQuerySet(self.model, using=self._db).defer("search")


class Message(models.Model):
    """One row of a chatroom: what the user wrote, or (as a `Reply`) what the assistant answered."""

    room = models.ForeignKey(Chatroom, on_delete=models.CASCADE, related_name="messages")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    """The room's owner, on every row, so that access and limits are one indexed look-up."""
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)
    search = models.GeneratedField(
        # What a word is, chatrooms/words.py says.
        expression=Func(F("content"), template="to_tsvector('simple'::regconfig, kuvaka_words(%(expressions)s))"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    # What only a reply has.
    answers = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    is_current = models.BooleanField(default=False)
    revision = models.ForeignKey("Revision", null=True, on_delete=models.CASCADE, related_name="+")
    """The earlier text of the message that it answered; null if it answered the present one."""
    status = models.CharField(max_length=10, choices=Status, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    tries_left = models.PositiveSmallIntegerField(default=TRIES)
    not_before = models.DateTimeField(null=True)
    publish_at = models.DateTimeField(null=True)
    unit = models.ForeignKey("billing.LedgerEntry", null=True, on_delete=models.SET_NULL, related_name="+")
    """What it cost; a retry costs anew. Given back, once, if it fails."""
    is_parked = models.BooleanField(default=False)
    """A worker was offered it and had to leave it: it waits for a place, not for its task."""
    lease_until = models.DateTimeField(null=True)
    model = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=40, blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    tokens_estimated = models.BooleanField(default=False, db_default=False)
    """Whether a count is our guess, since the vendor gave none."""
    first_token_ms = models.PositiveIntegerField(null=True)
    """Milliseconds from when the reply was asked for to the first piece of the attempt that ended it."""
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
            models.CheckConstraint(condition=Q(tries_left__lte=TRIES), name="reply_tries_are_bounded"),
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
            models.Index(fields=["room", "-answers"], name="reply_told", condition=Q(is_current=True, status__in=TOLD)),
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
        """The current reply (bring it along with `with_reply`).

        Raises:
            MessageNotFound: the message was deleted between the query for it and the one for its reply.
        """
        if not self.current_replies:
            raise MessageNotFound
        return self.current_replies[0]


class ReplyManager(models.Manager.from_queryset(ReplyQuerySet)):  # type: ignore[misc]
    """Only the rows of the assistant."""

    def get_queryset(self) -> ReplyQuerySet:
        """Leave the users' rows out, and the words that the search goes by in the database."""
        return ReplyQuerySet(self.model, using=self._db).filter(role=Role.ASSISTANT).defer("search")


class Reply(Message):
    """The assistant message that answers a user message.

    Attributes:
        waited: how long ago it was asked for, where `with_waited` has brought it along.
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
        """Whether it has ended and its text is known; the row's word for `ReplyQuerySet.unknown`."""
        return self.status not in UNFINISHED and self.lease_until is None

    @property
    def question(self) -> Message:
        """The user's message that this answers (the database has no reply without one)."""
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
