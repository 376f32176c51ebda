"""The Postman collection in order: every operation of the API, so that it runs unattended from top to bottom.

Two users sign up. The first one sends messages and pays; the second one shows what other users see, and changes the
number. A number gets at most one code a minute, so all steps that need a second code are near the end, after a single
wait. The tour deletes all that it makes.
"""

from typing import Final

from config.dev.postman_accounts import ACCOUNT, API_KEYS, END, RENEWAL, SIGN_IN, WEBHOOKS
from config.dev.postman_openai import OPENAI
from config.dev.postman_steps import (
    ANSWERED,
    SIGN,
    STREAM,
    Folder,
    Step,
)

ROOMS: Final = Folder(
    name="Chatrooms",
    description="Rooms belong to their owner: for other users they do not exist.",
    steps=(
        Step(operation="POST /chatroom", status=(201,), saves={"room_id": "body.id"}),
        Step(
            operation="GET /chatroom",
            checks={"the room is listed": 'body.some((room) => room.id === Number(get("room_id")))'},
        ),
        Step(operation="GET /chatroom/{room_id}"),
        Step(operation="PATCH /chatroom/{room_id}", body={"pinned": True}, checks={"it is pinned": "body.pinned"}),
        Step(
            operation="GET /chatroom/{room_id}",
            title="Another user does not find it",
            status=(404,),
            token="other_access_token",
        ),
    ),
)

MESSAGES: Final = Folder(
    name="Messages",
    description="A message is accepted at once (202) and answered in the background; a client can read the reply while "
    "it is written, or wait for it.",
    steps=(
        Step(
            operation="POST /chatroom/{room_id}/message",
            status=(202,),
            headers={"Idempotency-Key": "tour-{{run}}"},
            saves={"message_id": "body.id"},
        ),
        Step(
            operation="GET /message/{message_id}/stream",
            title="Ask where the reply is streamed",
            status=(307,),
            follows=False,
            saves={"stream_url": 'pm.response.headers.get("Location")'},
        ),
        Step(
            operation=STREAM,
            title="Read the reply while it is written",
            checks={
                "it is a stream of events": 'pm.response.headers.get("Content-Type").startsWith("text/event-stream")',
                "it begins": 'pm.response.text().includes("event: start")',
                "it ends": 'pm.response.text().includes("event: done")',
            },
        ),
        Step(operation="GET /message/{message_id}", title="Wait for the reply", query={"wait": "20"}, checks=ANSWERED),
        Step(
            operation="POST /chatroom/{room_id}/message",
            title="Send the message again: it is the same one",
            status=(202,),
            headers={"Idempotency-Key": "tour-{{run}}"},
            checks={
                "nothing was sent again": 'pm.response.headers.get("Idempotency-Replayed") === "true"',
                "it is the same message": 'body.id === Number(get("message_id"))',
            },
        ),
        Step(
            operation="GET /chatroom/{room_id}/messages",
            query={"limit": "50"},
            checks={"there is one": "body.length === 1"},
        ),
        Step(
            operation="PATCH /message/{message_id}",
            status=(202,),
            query={"wait": "20"},
            checks={**ANSWERED, "it was edited": "body.edited_at !== null"},
        ),
        Step(operation="POST /message/{message_id}/regenerate", status=(202,), query={"wait": "20"}, checks=ANSWERED),
        Step(
            operation="POST /message/{message_id}/retry",
            title="Retry a reply that has not failed: it is refused",
            status=(409,),
            checks={"it says why": 'body.code === "reply_has_not_failed"'},
        ),
        Step(
            operation="GET /message/{message_id}/replies",
            checks={
                "there are three": "body.length === 3",
                "the last is the current one": "body.map((reply) => reply.is_current).join() === 'false,false,true'",
            },
        ),
        Step(
            operation="POST /chatroom/{room_id}/message",
            title="Send a message to stop",
            status=(202,),
            body={"content": "Explain everything about the monsoon."},
            saves={"stopped_id": "body.id"},
        ),
        Step(
            operation="POST /message/{message_id}/stop",
            title="Stop the reply (409 if it is already complete)",
            status=(200, 409),
            before='pm.variables.set("message_id", pm.collectionVariables.get("stopped_id"));',
            checks={
                "it is stopped or was complete": 'body.code === "reply_is_final" || body.reply.status === "stopped"',
            },
        ),
        Step(operation="DELETE /messages/cleanup", checks={"nothing had failed": "body.deleted === 0"}),
    ),
)

AI_SDK: Final = Folder(
    name="AI SDK",
    description="What `useChat` of Vercel's AI SDK asks for.",
    steps=(
        Step(
            operation="POST /v1/ui/chat",
            body={"id": "{{room_id}}"},
            saves={"chat_id": 'get("room_id")'},
            checks={"it ends": 'pm.response.text().endsWith("data: [DONE]\\n\\n")'},
        ),
        Step(operation="GET /v1/ui/chat/{chat_id}/stream", title="Nothing is under way", status=(204,)),
        Step(operation="DELETE /v1/ui/chat/{chat_id}/stream", title="There is nothing to stop", status=(204,)),
    ),
)

FILES: Final = Folder(
    name="Files",
    description="A file is uploaded first, and then attached to a message. In Postman, choose form-data and a file of "
    "yours in place of the text.",
    steps=(
        Step(operation="POST /files", status=(201,), file="A note.", saves={"file_id": "body.id"}),
        Step(operation="GET /files/{file_id}", checks={"it is a text": 'body.kind === "text"'}),
        Step(
            operation="GET /files/{file_id}/content",
            checks={"it is what was sent": 'pm.response.text() === "A note."'},
        ),
        Step(
            operation="GET /files/{file_id}",
            title="Another user does not find the file",
            status=(404,),
            token="other_access_token",
        ),
        Step(operation="DELETE /files/{file_id}", status=(204,)),
        Step(
            operation="POST /files/uploads",
            title="Upload a file directly (409 where files are in a folder)",
            status=(201, 409),
            body={"name": "note.txt", "size": 7},
            saves={"file_id": 'body.id || get("file_id")'},
            checks={
                "there is a URL, or none here": 'Boolean(body.upload_url) || body.code === "direct_upload_unavailable"'
            },
        ),
        Step(
            operation="POST /files/{file_id}/complete",
            title="Complete an upload of which nothing was sent",
            status=(404, 409),
            checks={"nothing was sent": '["not_found", "upload_missing"].includes(body.code)'},
        ),
    ),
)

TAKING: Final = Folder(
    name="Search and export",
    description="Find messages, and download them.",
    steps=(
        Step(
            operation="GET /search",
            query={"q": "monsoon"},
            checks={"it is found": 'body.some((found) => found.chatroom_id === Number(get("room_id")))'},
        ),
        Step(operation="GET /chatroom/{room_id}/export", query={"format": "json"}),
        Step(
            operation="GET /chatroom/{room_id}/export",
            title="Export a chatroom as Markdown",
            query={"format": "markdown"},
            checks={"it is Markdown": 'pm.response.headers.get("Content-Type").startsWith("text/markdown")'},
        ),
        Step(operation="GET /user/me/export", checks={"it is an object": 'typeof body === "object"'}),
    ),
)

PRO: Final = Folder(
    name="Tiers and Pro",
    description="Checkout and portal are pages of Stripe; open their addresses in a browser. The webhook accepts only "
    "signed events: set `webhook_secret` in the environment to the endpoint's secret to send one.",
    steps=(
        Step(operation="GET /tiers", checks={"there are two": "body.length >= 2"}),
        Step(operation="GET /usage", checks={"something was used": "body.used >= 3"}),
        Step(
            operation="POST /subscribe/pro",
            headers={"Idempotency-Key": "tour-{{run}}"},
            saves={"checkout_url": "body.checkout_url"},
        ),
        Step(operation="POST /subscription/portal", saves={"portal_url": "body.portal_url"}),
        Step(operation="GET /subscription/status", checks={"it is not paid for yet": 'body.source === "default"'}),
        Step(
            operation="POST /webhook/stripe",
            title="Send an event as Stripe would (400 without its secret)",
            status=(200, 400),
            before=SIGN,
            whole=True,
            body={
                "id": "evt_tour_{{run}}",
                "object": "event",
                "type": "invoice.paid",
                "livemode": False,
                "data": {"object": {"id": "in_tour", "object": "invoice"}},
            },
            checks={
                "it is accepted only if it is signed": 'pm.variables.get("webhook_secret") '
                '? body.status === "success" : body.code === "invalid_signature"',
            },
        ),
    ),
)

TOUR: Final = (
    *(SIGN_IN, API_KEYS, WEBHOOKS, ACCOUNT, ROOMS, MESSAGES, FILES),
    *(OPENAI, AI_SDK, TAKING, PRO, RENEWAL, END),
)
