"""Sends a client that asked for a reply on to the process `stream`, which waits as long as the model takes.

`web` has few threads, so it accepts the message and answers 303: the client fetches the reply with a GET, which needs
no header, since the ticket is in the URL. For clients that follow no redirects the proxy does: `deploy/nginx.conf` says
with `X-Accepts-Redirect` that it knows where X-Accel-Redirect leads. It has to say so, because another nginx would look
for the path among its own, and find nothing.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from rest_framework.request import Request

from chatrooms.tickets import DialectTicket

SAYS_SO: Final = "X-Accepts-Redirect"


def to_live_reply(
    request: HttpRequest | Request,
    *,
    reply_id: int,
    bearer_id: UUID,
    dialect: str,
    options: Mapping[str, Any],
    headers: Mapping[str, str],
) -> HttpResponseRedirect:
    """Redirect to a reply in a dialect.

    Args:
        request: the one that asked for it.
        reply_id: of the reply, whose access was checked.
        bearer_id: the session or API key of the request.
        dialect: the name under which it is registered (`chatrooms.streaming.dialects`).
        options: what its rendering has to know.
        headers: of the response in the end.
    """
    ticket = DialectTicket(reply_id=reply_id, bearer_id=bearer_id, dialect=dialect, options=options, headers=headers)
    target = f"/v1/live/{reply_id}?{urlencode({'ticket': str(ticket)}, safe=':')}"
    response = HttpResponseRedirect(f"{settings.STREAM_ORIGIN}{target}", status=HTTPStatus.SEE_OTHER, headers=headers)
    del response["Content-Type"]  # nginx would give its charset to the response of `stream`
    if request.headers.get(SAYS_SO) == "X-Accel-Redirect":
        response["X-Accel-Redirect"] = target
    return response
