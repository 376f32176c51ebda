"""Chatrooms, and the summaries of long ones."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Func, Q, When
from django.db.models.functions import Now


class ChatroomQuerySet(models.QuerySet["Chatroom"]):
    def for_user(self, user: Any) -> Self:
        """The rooms of `user`, the only ones that exist for them."""
        return self.listed().filter(user_id=user.pk)

    def listed(self) -> Self:
        """Those that are rooms for their user, too: not the ones behind requests in another API's dialect."""
        return self.filter(kind=RoomKind.CHAT)


class RoomKind(models.TextChoices):
    """What a room is for. Only a chat is in lists, counted and searched.

    A completion is one request of a client that sends the whole conversation each time; it is kept for an hour. A
    response is one that its client continues by the response's id.
    """

    CHAT = "chat"
    COMPLETION = "completion"
    RESPONSE = "response"


class NameSource(models.TextChoices):
    """Where a room's name came from; a name that the user chose is never replaced."""

    DEFAULT = "default"
    MODEL = "model"
    USER = "user"


class RoomThinking(models.TextChoices):
    """How much a room's model thinks: each is taken as the nearest level that the model has."""

    OFF = "off"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class MillenniumLater(Func):
    """A moment moved later than all others. It goes by way of UTC: adding to a `timestamptz` depends on the session's
    time zone, and PostgreSQL stores no generated column that does.
    """

    template = "(((%(expressions)s) AT TIME ZONE 'UTC') + interval '1000 years') AT TIME ZONE 'UTC'"


class Chatroom(models.Model):
    """One user's conversation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chatrooms")
    kind = models.CharField(max_length=10, choices=RoomKind, default=RoomKind.CHAT, db_default=RoomKind.CHAT)
    name = models.CharField(max_length=120)
    name_source = models.CharField(
        max_length=7, choices=NameSource, default=NameSource.USER, db_default=NameSource.USER, db_column="naming"
    )
    title_attempts = models.PositiveSmallIntegerField(default=0, db_default=0, db_column="title_tries")
    """How often the model was asked for a title."""
    system_instruction = models.CharField(max_length=4_000, blank=True)
    model = models.CharField(max_length=80, blank=True, default="", db_default="")
    """The model that replies here while the tier allows it; empty for the tier's first."""
    temperature = models.FloatField(null=True)
    thinking = models.CharField(max_length=8, choices=RoomThinking, blank=True, default="", db_default="")
    """How much the model thinks; empty leaves it to the model."""
    show_thoughts = models.BooleanField(default=False, db_default=False)
    search = models.BooleanField(default=False, db_default=False)
    """Whether the model may search with Google."""
    response_schema = models.JSONField(null=True)
    """The JSON schema of the replies; null for text."""
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
    """What rooms are sorted by: pinned ones first, each kind by its last activity. One column, so that a cursor can
    name a position in the list."""

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
            models.Index(fields=["updated_at"], name="room_hidden_by_activity", condition=~Q(kind=RoomKind.CHAT)),
        ]
        default_permissions = ("view",)
        permissions = [("read_transcript", "Can read what was said, for a reason")]

    def __str__(self) -> str:
        return f"room {self.pk}"


class ExternalId(models.Model):
    """What a client of the AI SDK calls a room (`chatrooms.ui_messages.chats`); it is its user's alone."""

    room = models.OneToOneField(Chatroom, primary_key=True, on_delete=models.CASCADE, related_name="external")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "external_id"], name="room_one_for_each_external_id")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"external id of room {self.pk}"


class Summary(models.Model):
    """The oldest turns of a long conversation in short: the prompt has it instead of them. It is never a message."""

    room = models.OneToOneField(Chatroom, primary_key=True, on_delete=models.CASCADE, related_name="summary")
    content = models.TextField()
    upto = models.BigIntegerField()
    """The checkpoint: the id of the last user message that the summary covers."""
    stale = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    """Ids of messages up to there that were edited, or have a new reply, since the summary was written: the prompt has
    them word for word until the next summary covers them."""
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "summaries"

    def __str__(self) -> str:
        return f"summary of room {self.pk}"
