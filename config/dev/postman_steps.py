"""The parts of a step of the Postman tour, and the scripts that several steps share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

STREAM: Final = "GET {{stream_url}}"
"""Not an operation of `web`: the address to which it redirects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request.

    Attributes:
        operation: its method and path as the schema names them, or `STREAM`.
        title: its name; if empty, the schema's summary.
        status: the statuses that are expected; one of them must come.
        body: fields of the body; they override those of the schema's example.
        file: the text of a file to upload in place of a body of JSON.
        whole: whether `body` is the complete body, without the example.
        query: parameters of the query.
        headers: further headers.
        token: the variable that holds the access token.
        before: a script (JavaScript) that runs first.
        saves: variables to set after it, each to an expression; `body` is the JSON of the response.
        checks: further tests: their names and expressions that have to be true.
        follows: whether a redirection is followed.
    """

    operation: str
    title: str = ""
    status: tuple[int, ...] = (200,)
    body: Mapping[str, object] = field(default_factory=dict)
    file: str = ""
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
    name: str
    description: str
    steps: tuple[Step, ...]


NEW_NUMBERS: Final = """\
// Random numbers that no user here has, and a name for this run. Without SMS, no phone gets a code.
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


def wait(*users: str) -> str:
    """A script that waits until each of these users may get another code."""
    names = ", ".join(f'"{user}_next_code_at"' for user in users)
    return f"""\
// One number gets at most one code a minute.
const due = Math.max(...[{names}].map((name) => Number(pm.collectionVariables.get(name)) || 0));
if (due > Date.now()) {{
    setTimeout(() => {{}}, due - Date.now());
}}"""


def next_code(user: str) -> dict[str, str]:
    return {f"{user}_next_code_at": "Date.now() + 1000 * body.resend_after + 500"}


CODE_IN_RESPONSE: Final = {"the code is in the response (SMS_DELIVERY=response)": "Boolean(body.otp)"}
TOKENS: Final = {"access_token": "body.access_token", "refresh_token": "body.refresh_token"}
ANSWERED: Final = {"the reply is complete": 'body.reply.status === "done" && body.gemini_response.length > 0'}
