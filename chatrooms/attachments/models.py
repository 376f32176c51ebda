"""The files that users upload, and how many bytes each user keeps."""

from datetime import timedelta
from typing import Any, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

MAX_NAME: Final = 255
"""Characters of a file's name."""

UPLOAD_TAKES_AT_MOST: Final = timedelta(hours=1)
"""A file that is still pending after this has lost its upload."""

KEPT_UNATTACHED: Final = timedelta(days=1)
"""How long a file waits for its message."""


class Kind(models.TextChoices):
    """What a model makes of a file."""

    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"
    AUDIO = "audio"


class State(models.TextChoices):
    """The row comes before the object and goes after it, so that every object has a row that says what it is."""

    PENDING = "pending"
    READY = "ready"
    DELETED = "deleted"


class FileQuerySet(models.QuerySet["File"]):
    def for_user(self, user: Any) -> Self:
        """The files of `user` that are there: a file goes with its message."""
        return self.filter(Q(attached_at=None) | Q(message__isnull=False), user_id=user.pk, state=State.READY)

    def awaited(self) -> Self:
        """Direct uploads whose content was not taken yet."""
        return self.filter(state=State.PENDING, kind="")

    def outdated(self) -> Self:
        """Those to delete: without an upload, without a message for too long, or whose message was deleted."""
        lost = Q(state=State.PENDING, created_at__lt=Now() - UPLOAD_TAKES_AT_MOST)
        unused = Q(state=State.READY, attached_at=None, created_at__lt=Now() - KEPT_UNATTACHED)
        orphaned = Q(attached_at__isnull=False)
        return self.filter(lost | unused | orphaned | Q(state=State.DELETED), message=None)


class File(models.Model):
    """A file of one user, which belongs to at most one message.

    A file is attached once, and then is part of the message: they are deleted together, and the message has a copy of
    what is shown of it (`Message.files`), so that messages are read without a join. Nothing deletes this row but
    `chatrooms.attachments.discarding`, after the object: when the message is deleted, it only loses its message.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey("chatrooms.Message", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=MAX_NAME)
    kind = models.CharField(max_length=5, choices=Kind)
    """Empty while a direct upload is awaited (`chatrooms.attachments.direct`): only the content tells."""
    mime_type = models.CharField(max_length=40)
    """Told from the content."""
    size = models.PositiveIntegerField()
    """Bytes of the object."""
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    pages = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)
    sha256 = models.CharField(max_length=64)
    """Of the object, in hexadecimal."""
    key = models.CharField(max_length=80, unique=True)
    """The object's name in the storage."""
    staging_key = models.CharField(max_length=80, blank=True, default="", db_default="")
    """The name under which the client itself writes a direct upload; what it writes there is never served."""
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(db_default=Now())
    attached_at = models.DateTimeField(null=True)
    """It stays when the message is deleted."""
    google_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    google_uri = models.CharField(max_length=500, blank=True, default="", db_default="")
    google_expires_at = models.DateTimeField(null=True)
    """Until when Google keeps its copy."""

    objects = FileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=1), name="file_is_not_empty"),
            models.CheckConstraint(
                condition=Q(message=None) | Q(attached_at__isnull=False, state=State.READY),
                name="file_of_message_is_ready",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.IMAGE, width__gte=1, height__gte=1, pages=None, seconds=None)
                | Q(kind=Kind.PDF, pages__gte=1, width=None, height=None, seconds=None)
                | Q(kind=Kind.AUDIO, seconds__gt=0, width=None, height=None, pages=None)
                | Q(kind=Kind.TEXT, width=None, height=None, pages=None, seconds=None)
                | Q(
                    ~Q(state=State.READY),
                    ~Q(staging_key=""),
                    kind="",
                    width=None,
                    height=None,
                    pages=None,
                    seconds=None,
                ),
                name="file_has_the_measures_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(google_name="", google_uri="", google_expires_at=None)
                | (Q(google_expires_at__isnull=False) & ~Q(google_name="") & ~Q(google_uri="")),
                name="file_copy_at_google_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="file_without_message", condition=Q(message=None)),
        ]
        default_permissions = ()

    def __str__(self) -> str:
        return f"file {self.pk}"


class FileSpace(models.Model):
    """How many bytes a user's files take, pending ones too (`chatrooms.attachments.space`)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+")
    used = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(used__gte=0), name="file_space_is_counted")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"file space of user {self.pk}"
