"""Files as JSON."""

import unicodedata
from pathlib import PurePosixPath
from typing import Any, Final

from rest_framework import serializers

from billing.models import MAX_FILES_PER_MESSAGE
from chatrooms.attachments.attaching import SHOWN
from chatrooms.attachments.links import link_to
from chatrooms.attachments.models import MAX_NAME, File
from config.http.fields import TextField
from config.text import Marks, shows_nothing


class AttachedFileSerializer(serializers.ModelSerializer[File]):
    """A file as its message shows it: `GET /files/{id}` also has a link to its content."""

    class Meta:
        model = File
        fields = SHOWN
        read_only_fields = fields


class UploadedFileSerializer(AttachedFileSerializer):
    """A file. Of `width`, `height`, `pages` and `seconds` it has those of its kind; the others are null."""

    message_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The message that it is attached to."
    )
    url = serializers.SerializerMethodField()
    url_expires_at = serializers.SerializerMethodField()

    class Meta(AttachedFileSerializer.Meta):
        fields = (*SHOWN, "sha256", "created_at", "message_id", "url", "url_expires_at")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def to_representation(self, file: File) -> dict[str, Any]:
        """Sign the link once, for two fields."""
        self._link = link_to(file_id=file.pk, bearer_id=self.context["bearer"].pk)
        return super().to_representation(file)

    def get_url(self, file: File) -> serializers.URLField:
        """The content, without an access token; get the file again for a new link."""
        return self._link[0]  # type: ignore[return-value]

    def get_url_expires_at(self, file: File) -> serializers.DateTimeField:
        return serializers.DateTimeField().to_representation(self._link[1])  # type: ignore[return-value]


MAX_SENT_NAME: Final = 1_000
"""Characters of a name as it is sent; Django allows as many for a part of a form."""


class NewFileSerializer(serializers.Serializer[Any]):
    """A file to upload."""

    file = serializers.FileField(max_length=None, allow_empty_file=True, use_url=False)

    def validate_file(self, file: Any) -> Any:
        file.name = clean_name(file.name)
        return file


class NewUploadSerializer(serializers.Serializer[Any]):
    """A file that is going to be uploaded directly."""

    name = TextField(max_length=MAX_SENT_NAME, trim_whitespace=False)
    size = serializers.IntegerField(min_value=1, help_text="Its exact number of bytes.")

    def validate_name(self, name: str) -> str:
        return clean_name(name)


class DirectUploadSerializer(serializers.Serializer[Any]):
    """Where and how to send the content of a file."""

    id = serializers.IntegerField(help_text="Of the file; complete it when its content is sent.")
    upload_url = serializers.URLField(help_text="The storage's own: send no access token there.")
    method = serializers.CharField(help_text="PUT.")
    headers = serializers.DictField(
        child=serializers.CharField(), help_text="Headers of this request, which the URL's signature covers."
    )
    expires_at = serializers.DateTimeField(help_text="Until when the request has to begin.")


def clean_name(name: str) -> str:
    """A file's name without what cannot be seen in it, which could hide its ending; shortened, but for the ending.

    Raises:
        ValidationError: nothing is left.
    """
    kept = "".join(each for each in name if unicodedata.category(each) not in ("Cc", "Cf", "Co", "Cn", "Cs"))
    name = unicodedata.normalize("NFC", Marks().without_more(kept)).strip(" .")
    if shows_nothing(name):
        raise serializers.ValidationError("The file needs a name.", code="blank")
    path = PurePosixPath(name)
    return f"{path.stem[: MAX_NAME - len(path.suffix[:20])]}{path.suffix[:20]}"


class FileIdsField(serializers.ListField):
    """Ids of files, each once."""

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def to_internal_value(self, data: Any) -> list[int]:
        ids: list[int] = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError("Each file once.", code="duplicate")
        return ids


class FileIdsSerializer(serializers.Serializer[Any]):
    """The files to attach to a message."""

    file_ids = FileIdsField(
        required=False,
        max_length=MAX_FILES_PER_MESSAGE,
        help_text="Files of yours that no message has, each once, in their order.",
    )


class FilesOfMessageSerializer(serializers.Serializer[Any]):
    """The files of a message."""

    files = serializers.SerializerMethodField()

    def get_files(self, message: Any) -> AttachedFileSerializer(many=True):  # type: ignore[valid-type]
        """In the order in which they were attached."""
        return message.files or []
