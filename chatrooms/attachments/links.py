"""The signature in a file's `url`: it opens the file for clients that send no header, such as a picture in a page."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import bearers
from accounts.current_user import Bearer
from accounts.models import User
from chatrooms.attachments.exceptions import LinkInvalid

LIFETIME: Final = timedelta(minutes=5)
"""How long a link can be opened; a download that has begun goes on."""

SALT: Final = "chatrooms.attachments.links"


def link_to(*, file_id: int, bearer_id: UUID) -> tuple[str, datetime]:
    """A URL of the file's content, and until when it works: not after the session or API key has ended."""
    signature = signing.dumps([file_id, bearer_id.hex], salt=SALT)
    url = f"{settings.WEB_ORIGIN}/files/{file_id}/content?signature={quote(signature, safe=':')}"
    return url, timezone.now() + LIFETIME


class LinkAuthentication(BaseAuthentication):
    """By the signature in the URL, for the file of this URL alone."""

    def authenticate(self, request: Request) -> tuple[User, Bearer] | None:
        """The owner of the session or API key that asked for the link.

        Raises:
            LinkInvalid: the signature is forged, has expired, or is of another file.
            SessionEnded: it has ended since.
        """
        signature = request.query_params.get("signature")
        if signature is None:
            return None
        try:
            file_id, bearer_id = signing.loads(signature, salt=SALT, max_age=LIFETIME)
            is_this_one = file_id == request.parser_context["kwargs"]["file_id"]
            bearer = UUID(bearer_id)
        except (signing.BadSignature, ValueError, TypeError):
            raise LinkInvalid from None
        if not is_this_one:
            raise LinkInvalid
        living = bearers.living(bearer)
        return living.user, living
