"""What the Postman collection does, in order: every operation of the API, so that it runs from top to bottom alone.

Two people sign up. The first one talks and pays; the second one shows what a stranger sees, and changes the number.
One number gets at most one code a minute, so all that needs a second code stands near the end, where one wait serves
for all. Whatever the tour makes, it deletes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

STREAM: Final = "GET {{stream_url}}"
"""Not an operation of `web`: the address that its redirection names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request.

    Attributes:
        operation: its method and path as the schema names them, or `STREAM`.
        title: its name; the schema's summary if empty.
        status: the statuses of which one has to come.
        body: fields of the body, over those of the schema's example.
        whole: whether `body` is all of it, without the example.
        query: parameters of the query.
        headers: further headers.
        token: the variable that holds the access token.
        before: a script (JavaScript) that runs first.
        saves: variables to set after it, each to an expression; `body` is the answer's JSON.
        checks: further tests: their names and expressions that have to be true.
        follows: whether a redirection is followed.
    """

    operation: str
    title: str = ""
    status: tuple[int, ...] = (200,)
    body: Mapping[str, object] = field(default_factory=dict)
    whole: bool = False
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    token: str = "access_token"
    before: str = ""
    saves: dict[str, str] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    follows: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Steps that belong together."""

    name: str
    description: str
    steps: tuple[Step, ...]


NEW_NUMBERS: Final = """\
// Numbers that nobody here has, and a name for this run. Without SMS they reach nobody.
const number = () => "+9198" + String(Math.floor(Math.random() * 1e8)).padStart(8, "0");
for (const name of ["mobile_number", "other_mobile_number", "new_mobile_number"]) {
    pm.collectionVariables.set(name, number());
}
pm.collectionVariables.set("run", `${Date.now()}-${Math.floor(Math.random() * 1e6)}`);"""

SIGN: Final = """\
// What Stripe does: the time and the body, signed with the endpoint's secret.
const secret = pm.variables.get("webhook_secret");
if (secret) {
    const at = Math.floor(Date.now() / 1000);
    const signed = `${at}.${pm.variables.replaceIn(pm.request.body.raw)}`;
    const signature = require("crypto-js").HmacSHA256(signed, secret).toString();
    pm.request.headers.upsert({key: "Stripe-Signature", value: `t=${at},v1=${signature}`});
}"""


def _wait(*people: str) -> str:
    """Wait until each of these may be sent a further code."""
    names = ", ".join(f'"{person}_next_code_at"' for person in people)
    return f"""\
// One number gets at most one code a minute.
const due = Math.max(...[{names}].map((name) => Number(pm.collectionVariables.get(name)) || 0));
if (due > Date.now()) {{
    setTimeout(() => {{}}, due - Date.now());
}}"""


def _next_code(person: str) -> dict[str, str]:
    return {f"{person}_next_code_at": "Date.now() + 1000 * body.resend_after + 500"}


IN_THE_ANSWER: Final = {"the code is in the answer (SMS_DELIVERY=response)": "Boolean(body.otp)"}
TOKENS: Final = {"access_token": "body.access_token", "refresh_token": "body.refresh_token"}
ANSWERED: Final = {"the answer is whole": 'body.reply.status === "done" && body.gemini_response.length > 0'}
LATER: Final = {"mobile_number": "{{mobile_number}}", "password": "{{password}}"}

SIGN_IN: Final = Folder(
    name="Sign in",
    description="A number, a code, tokens; then a password, with which a second device signs in.",
    steps=(
        Step(
            operation="POST /auth/signup",
            status=(201,),
            before=NEW_NUMBERS,
            body={"mobile_number": "{{mobile_number}}"},
        ),
        Step(
            operation="POST /auth/send-otp",
            body={"mobile_number": "{{mobile_number}}"},
            saves={"otp": "body.otp", **_next_code("user")},
            checks=IN_THE_ANSWER,
        ),
        Step(
            operation="POST /auth/verify-otp",
            body={"mobile_number": "{{mobile_number}}", "otp": "{{otp}}"},
            saves=TOKENS,
        ),
        Step(
            operation="POST /auth/change-password",
            title="Set a first password",
            body={"new_password": "{{password}}"},
        ),
        Step(operation="POST /auth/login", title="Sign in by password, on a second device", body=LATER),
        Step(
            operation="GET /auth/sessions",
            saves={"session_id": "body.find((session) => !session.current).id"},
            checks={"two devices are signed in": "body.length === 2"},
        ),
        Step(operation="DELETE /auth/sessions/{session_id}", status=(204,)),
        Step(operation="POST /auth/refresh", body={"refresh_token": "{{refresh_token}}"}, saves=TOKENS),
        Step(
            operation="POST /auth/send-otp",
            title="Send a code to another person",
            body={"mobile_number": "{{other_mobile_number}}"},
            saves={"other_otp": "body.otp", **_next_code("other")},
            checks=IN_THE_ANSWER,
        ),
        Step(
            operation="POST /auth/verify-otp",
            title="Sign the other person in, with a password to come",
            body={"mobile_number": "{{other_mobile_number}}", "otp": "{{other_otp}}", "password": "{{password}}"},
            saves={"other_access_token": "body.access_token"},
            checks={"the password is set": "body.password_set"},
        ),
    ),
)

ACCOUNT: Final = Folder(
    name="Account",
    description="What the account says of its owner.",
    steps=(
        Step(operation="GET /user/me", checks={"it is this number's": 'body.mobile_number === get("mobile_number")'}),
        Step(operation="PATCH /user/me", checks={"the name is set": "body.display_name.length > 0"}),
    ),
)

ROOMS: Final = Folder(
    name="Chatrooms",
    description="Rooms are their owner's alone: to everybody else they do not exist.",
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
            title="Another person's look at it finds nothing",
            status=(404,),
            token="other_access_token",
        ),
    ),
)

MESSAGES: Final = Folder(
    name="Messages",
    description="A message is accepted at once (202) and answered in the background; the answer can be read while it "
    "is written, or waited for.",
    steps=(
        Step(
            operation="POST /chatroom/{room_id}/message",
            status=(202,),
            headers={"Idempotency-Key": "tour-{{run}}"},
            saves={"message_id": "body.id"},
        ),
        Step(
            operation="GET /message/{message_id}/stream",
            title="Ask where the answer is streamed",
            status=(307,),
            follows=False,
            saves={"stream_url": 'pm.response.headers.get("Location")'},
        ),
        Step(
            operation=STREAM,
            title="Read the answer while it is written",
            checks={
                "it is a stream of events": 'pm.response.headers.get("Content-Type").startsWith("text/event-stream")',
                "it begins": 'pm.response.text().includes("event: start")',
                "it ends": 'pm.response.text().includes("event: done")',
            },
        ),
        Step(operation="GET /message/{message_id}", title="Wait for the answer", query={"wait": "20"}, checks=ANSWERED),
        Step(
            operation="POST /chatroom/{room_id}/message",
            title="Send the message again: it is the same one",
            status=(202,),
            headers={"Idempotency-Key": "tour-{{run}}"},
            checks={
                "nothing was sent anew": 'pm.response.headers.get("Idempotency-Replayed") === "true"',
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
            title="Retry an answer that has not failed: it is refused",
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
            title="Send a message that is to be stopped",
            status=(202,),
            body={"content": "Tell me everything about the monsoon."},
            saves={"stopped_id": "body.id"},
        ),
        Step(
            operation="POST /message/{message_id}/stop",
            title="Stop the answer (409 if it was faster)",
            status=(200, 409),
            before='pm.variables.set("message_id", pm.collectionVariables.get("stopped_id"));',
            checks={
                "it is stopped or was done": 'body.code === "reply_is_final" || body.reply.status === "stopped"',
            },
        ),
        Step(operation="DELETE /messages/cleanup", checks={"nothing had failed": "body.deleted === 0"}),
    ),
)

TAKING: Final = Folder(
    name="Search and export",
    description="What was said can be found, and taken away.",
    steps=(
        Step(
            operation="GET /search",
            query={"q": "monsoon"},
            checks={"it is found": 'body.some((found) => found.chatroom_id === Number(get("room_id")))'},
        ),
        Step(operation="GET /chatroom/{room_id}/export", query={"format": "json"}),
        Step(
            operation="GET /chatroom/{room_id}/export",
            title="Export a chatroom for a person",
            query={"format": "markdown"},
            checks={"it is Markdown": 'pm.response.headers.get("Content-Type").startsWith("text/markdown")'},
        ),
        Step(operation="GET /user/me/export", checks={"it is an object": 'typeof body === "object"'}),
    ),
)

PRO: Final = Folder(
    name="Tiers and Pro",
    description="Checkout and portal are pages of Stripe's; open their addresses in a browser. The webhook takes "
    "events that are signed: give the environment `webhook_secret` the endpoint's secret to have one taken.",
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
                "it is taken if it is signed, and only then": 'pm.variables.get("webhook_secret") '
                '? body.status === "success" : body.code === "invalid_signature"',
            },
        ),
    ),
)

RENEWAL: Final = Folder(
    name="Password and number",
    description="Both take further codes, so the first request waits: one number gets one code a minute.",
    steps=(
        Step(
            operation="POST /auth/forgot-password",
            before=_wait("user", "other"),
            body={"mobile_number": "{{mobile_number}}"},
            saves={"otp": "body.otp"},
            checks=IN_THE_ANSWER,
        ),
        Step(
            operation="POST /auth/reset-password",
            body={"mobile_number": "{{mobile_number}}", "otp": "{{otp}}", "new_password": "{{new_password}}"},
        ),
        Step(
            operation="GET /user/me",
            title="The old tokens are void",
            status=(401,),
            checks={"it says why": 'body.code === "session_ended"'},
        ),
        Step(
            operation="POST /auth/login",
            body={"mobile_number": "{{mobile_number}}", "password": "{{new_password}}"},
            saves=TOKENS,
        ),
        Step(
            operation="POST /auth/change-number",
            title="The other person asks for a change of the number",
            token="other_access_token",
            body={"new_mobile_number": "{{new_mobile_number}}"},
            saves={"other_otp": "body.otp", "new_otp": "body.new_otp"},
            checks=IN_THE_ANSWER,
        ),
        Step(
            operation="POST /auth/change-number/confirm",
            token="other_access_token",
            body={"otp": "{{other_otp}}", "new_otp": "{{new_otp}}"},
        ),
        Step(
            operation="POST /auth/login",
            title="Sign in with the new number",
            body={"mobile_number": "{{new_mobile_number}}", "password": "{{password}}"},
            saves={"other_access_token": "body.access_token"},
        ),
    ),
)

AGAIN: Final = {"mobile_number": "{{mobile_number}}", "password": "{{new_password}}"}

END: Final = Folder(
    name="The end",
    description="Signing out, and leaving nothing behind.",
    steps=(
        Step(operation="DELETE /chatroom/{room_id}", status=(204,)),
        Step(operation="POST /auth/logout", status=(204,), body={"refresh_token": "{{refresh_token}}"}),
        Step(operation="POST /auth/login", title="Sign in again", body=AGAIN, saves=TOKENS),
        Step(operation="POST /auth/logout-all", status=(204,)),
        Step(operation="POST /auth/login", title="Sign in for the last time", body=AGAIN, saves=TOKENS),
        Step(operation="DELETE /user/me", status=(202,)),
        Step(
            operation="DELETE /user/me",
            title="Erase the other person's account",
            status=(202,),
            token="other_access_token",
        ),
    ),
)

TOUR: Final = (SIGN_IN, ACCOUNT, ROOMS, MESSAGES, TAKING, PRO, RENEWAL, END)
