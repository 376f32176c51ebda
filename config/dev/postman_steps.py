"""What a step of the Postman tour consists of, and the scripts that several steps run."""

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


def wait(*people: str) -> str:
    """Wait until each of these may be sent a further code."""
    names = ", ".join(f'"{person}_next_code_at"' for person in people)
    return f"""\
// One number gets at most one code a minute.
const due = Math.max(...[{names}].map((name) => Number(pm.collectionVariables.get(name)) || 0));
if (due > Date.now()) {{
    setTimeout(() => {{}}, due - Date.now());
}}"""


def next_code(person: str) -> dict[str, str]:
    return {f"{person}_next_code_at": "Date.now() + 1000 * body.resend_after + 500"}


IN_THE_ANSWER: Final = {"the code is in the answer (SMS_DELIVERY=response)": "Boolean(body.otp)"}
TOKENS: Final = {"access_token": "body.access_token", "refresh_token": "body.refresh_token"}
ANSWERED: Final = {"the answer is whole": 'body.reply.status === "done" && body.gemini_response.length > 0'}
