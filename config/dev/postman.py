"""The Postman collection in docs/postman, made from the OpenAPI schema and the tour.

`python -m config.dev.postman` writes the two files; the same API gives the same files. `--run` runs them with newman
against a running Kuvaka (KUVAKA_URL, or PORT of this machine).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from config.dev import openapi
from config.dev.openapi import resolved
from config.dev.postman_steps import STREAM, Folder, Step
from config.dev.postman_tour import TOUR

ROOT: Final = Path(__file__).resolve().parents[2]
COLLECTION: Final = ROOT / "docs" / "postman" / "kuvaka.postman_collection.json"
ENVIRONMENT: Final = ROOT / "docs" / "postman" / "kuvaka.postman_environment.json"
NEWMAN: Final = ROOT / "tests" / "newman"
FORMAT: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
JSON: Final = "application/json"
FORM: Final = "multipart/form-data; boundary=tour"
UPLOAD: Final = (
    '--tour\r\nContent-Disposition: form-data; name="file"; filename="note.txt"\r\n\r\n{text}\r\n--tour--\r\n'
)
"""The form written out, since a collection cannot bring a file."""


SETTINGS: Final = {
    "base_url": "http://127.0.0.1:8000",
    "webhook_secret": "",
    "password": "seven small elephants",
    "new_password": "eight large rhinoceroses",
}
"""The variables of the environment that its user sets; the tour sets all others."""

DESCRIPTION: Final = """\
Every operation of Kuvaka, in an order that runs unattended from top to bottom: with `make newman`, or with \
Run collection in Postman and the environment beside this file. Scripts keep tokens and ids for the next requests.

The tour signs up with random numbers and reads the codes from the responses. Run it only where responses contain the \
codes (`SMS_DELIVERY=response`, as with `make run`): elsewhere, strangers would get SMS. It waits once, for up to a \
minute, before the second code of a number.

Made by `make postman` from the OpenAPI schema; change the schema or the tour, not this file."""


def main(arguments: list[str]) -> int:
    """Write the files, or run them; return the exit code."""
    if arguments == ["--run"]:
        return run(os.environ.get("KUVAKA_URL") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}")
    COLLECTION.parent.mkdir(exist_ok=True)
    COLLECTION.write_text(rendered(collection(openapi.document())))
    ENVIRONMENT.write_text(rendered(environment()))
    return 0


def run(address: str) -> int:
    """Run the tour at `address`, installing newman before the first time; return its exit code."""
    try:
        if not newman().exists():
            subprocess.run(["npm", "ci", "--prefix", str(NEWMAN)], check=True)
        command = [str(newman()), "run", str(COLLECTION), "--environment", str(ENVIRONMENT)]
        given = {**os.environ, "NO_PROXY": f"127.0.0.1,localhost,{os.environ.get('NO_PROXY', '')}"}
        return subprocess.run(
            [*command, "--env-var", f"base_url={address.rstrip('/')}"], env=given, check=False
        ).returncode
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        print(f"newman could not be started; it needs Node.js and npm: {error}", file=sys.stderr)
        return 1


def newman() -> Path:
    return NEWMAN / "node_modules" / ".bin" / "newman"


def rendered(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def environment() -> dict[str, Any]:
    secret = {"webhook_secret", "password", "new_password"}
    values = [
        {"key": key, "value": value, "type": "secret" if key in secret else "default", "enabled": True}
        for key, value in SETTINGS.items()
    ]
    return {"id": _id("environment"), "name": "Kuvaka", "values": values, "_postman_variable_scope": "environment"}


def collection(schema: dict[str, Any]) -> dict[str, Any]:
    """Make the collection.

    Raises:
        KeyError: the tour names an operation that the schema does not have.
    """
    return {
        "info": {
            "_postman_id": _id("collection"),
            "name": "Kuvaka",
            "description": DESCRIPTION,
            "schema": FORMAT,
        },
        "auth": _bearer("access_token"),
        "variable": [{"key": name, "value": ""} for name in sorted(_variables())],
        "item": [_folder(folder, schema) for folder in TOUR],
    }


def _variables() -> set[str]:
    """The variables that the tour sets."""
    made = {"mobile_number", "other_mobile_number", "new_mobile_number", "run"}
    return made | {name for folder in TOUR for step in folder.steps for name in step.saves}


def _folder(folder: Folder, schema: dict[str, Any]) -> dict[str, Any]:
    steps = [_item(step, schema) for step in folder.steps]
    return {"name": folder.name, "description": folder.description, "item": steps}


def _item(step: Step, schema: dict[str, Any]) -> dict[str, Any]:
    operation = _operation(step, schema)
    scripts = {"prerequest": step.before, "test": _test(step, operation, schema)}
    behaviour = {} if step.follows else {"protocolProfileBehavior": {"followRedirects": False}}
    return {
        "name": step.title or operation["summary"],
        **behaviour,
        "event": [_script(kind, text) for kind, text in scripts.items() if text],
        "request": {
            "method": step.operation.partition(" ")[0],
            "description": operation.get("description", ""),
            "header": list(_headers(step, operation)),
            **_auth(step, operation),
            **_body(step, operation),
            "url": _url(step, operation),
        },
        "response": [],
    }


def _operation(step: Step, schema: dict[str, Any]) -> dict[str, Any]:
    if step.operation == STREAM:
        return {"description": "Server-sent events from the process `stream`; the ticket is in the address."}
    method, _, path = step.operation.partition(" ")
    operation: dict[str, Any] = schema["paths"][path][method.lower()]
    return operation


# --- The request ------------------------------------------------------------------------------------------------------


def _headers(step: Step, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if _takes_body(operation):
        yield {"key": "Content-Type", "value": FORM if step.file else JSON}
    yield from ({"key": key, "value": value} for key, value in step.headers.items())
    yield from _unused(step.headers, operation, kind="header")


def _unused(used: dict[str, str], operation: dict[str, Any], *, kind: str) -> Iterator[dict[str, Any]]:
    """The parameters that the step does not use, disabled, for users to try."""
    for each in operation.get("parameters", ()):
        if each["in"] == kind and each["name"] not in used:
            yield {"key": each["name"], "value": "", "description": each.get("description", ""), "disabled": True}


def _auth(step: Step, operation: dict[str, Any]) -> dict[str, Any]:
    """Nothing if the request uses the collection's own token."""
    if not operation.get("security"):
        return {"auth": {"type": "noauth"}}
    return {} if step.token == "access_token" else {"auth": _bearer(step.token)}


def _bearer(variable: str) -> dict[str, Any]:
    value = f"{{{{{variable}}}}}"
    return {"type": "bearer", "bearer": [{"key": "token", "value": value, "type": "string"}]}


def _takes_body(operation: dict[str, Any]) -> bool:
    return "requestBody" in operation


def _body(step: Step, operation: dict[str, Any]) -> dict[str, Any]:
    if not _takes_body(operation):
        return {}
    if step.file:
        return {"body": {"mode": "raw", "raw": UPLOAD.format(text=step.file), "options": {"raw": {"language": "text"}}}}
    examples = operation["requestBody"]["content"][JSON]["examples"]
    example = {} if step.whole else next(iter(examples.values()))["value"]
    raw = json.dumps({**example, **step.body}, indent=2, ensure_ascii=False)
    return {"body": {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}}


def _url(step: Step, operation: dict[str, Any]) -> dict[str, Any]:
    _, _, path = step.operation.partition(" ")
    if step.operation == STREAM:
        return {"raw": path, "host": [path]}
    parts = path.replace("{", "{{").replace("}", "}}").strip("/").split("/")
    query = [{"key": key, "value": value} for key, value in step.query.items()]
    raw = "/".join(["{{base_url}}", *parts]) + ("?" if query else "")
    raw += "&".join(f"{each['key']}={each['value']}" for each in query)
    query += _unused(step.query, operation, kind="query")
    return {"raw": raw, "host": ["{{base_url}}"], "path": parts, **({"query": query} if query else {})}


# --- The scripts ------------------------------------------------------------------------------------------------------


def _script(kind: str, text: str) -> dict[str, Any]:
    return {"listen": kind, "script": {"type": "text/javascript", "exec": text.splitlines()}}


def _test(step: Step, operation: dict[str, Any], schema: dict[str, Any]) -> str:
    """The status first, then the step's own checks; a response with another status fails the first check."""
    statuses = " or ".join(str(status) for status in step.status)
    lines = [
        f'pm.test("the status is {statuses}", () => pm.expect(pm.response.code).to.be.oneOf({list(step.status)}));',
        "const get = (name) => pm.collectionVariables.get(name);",
        'const isJson = (pm.response.headers.get("Content-Type") || "").includes("json");',
        "const body = isJson ? pm.response.json() : null;",
        *_shape(step, operation, schema),
        *(f'pm.test("{name}", () => pm.expect({check}).to.be.true);' for name, check in step.checks.items()),
        *(f'pm.collectionVariables.set("{name}", {value});' for name, value in step.saves.items()),
    ]
    used = "\n".join(lines[4:])
    needed = {1: re.search(r"(?<!\.)\bget\(", used) is not None, 2: "body" in used, 3: "body" in used}
    return "\n".join(line for index, line in enumerate(lines) if needed.get(index, True))


def _shape(step: Step, operation: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Checks for the fields that the schema requires."""
    if len(step.status) > 1 or "responses" not in operation:
        return
    content = operation["responses"].get(str(step.status[0]), {}).get("content", {}).get(JSON)
    if content is None:
        return
    returned = resolved(content["schema"], schema)
    if returned.get("type") == "array":
        yield 'pm.test("it is a list", () => pm.expect(body).to.be.an("array"));'
        returned, value = resolved(returned["items"], schema), "body.slice(0, 1)"
    else:
        value = "[body]"
    if fields := returned.get("required"):
        check = f"for (const each of {value}) pm.expect(each).to.include.all.keys({json.dumps(fields)});"
        yield f'pm.test("it has the required fields", () => {{ {check} }});'


def _id(name: str) -> str:
    """A stable id, so that Postman replaces what it imported before."""
    return str(uuid5(NAMESPACE_URL, f"kuvaka/{name}"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
