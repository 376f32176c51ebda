"""`make demo`: a conversation with a running Kuvaka, over HTTP alone, as any client would hold it."""

import json
import os
import random
import sys
from typing import Any, Final
from urllib.parse import urlsplit

import phonenumbers
import requests

TURNS: Final = (
    "Hello! My name is Asha, and I am learning to sail.",
    "What is my name?",
    "And what did I first tell you?",
)
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
TIMEOUT: Final = 60.0
"""Seconds for one reply."""


class DemoFailed(Exception):
    """The demo cannot go on; the message says why."""


def main() -> int:
    """Hold the conversation and print it; return the exit code."""
    address = os.environ.get("KUVAKA_URL") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    try:
        hold_conversation(address.rstrip("/"))
    except DemoFailed as failure:
        print(f"The demo failed: {failure}", file=sys.stderr)
        return 1
    return 0


def hold_conversation(address: str) -> None:
    """Sign up at `address`, open a room and talk there, printing what is said.

    Raises:
        DemoFailed: if Kuvaka does not answer there, or not as it should.
    """
    client = requests.Session()
    client.trust_env = (
        urlsplit(address).hostname not in LOOPBACK
    )  # a proxy for the Internet would not find this machine
    number = random_mobile_number()
    print(f"A new user, {number}, signs in at {address}")
    client.headers["Authorization"] = f"Bearer {_sign_in(client, address, number)}"
    room = _call(client, "POST", f"{address}/chatroom", {"name": "Demo"})
    print(f"and opens chatroom {room['id']}, {room['name']!r}.")
    for content in TURNS:
        print(f"\n  user       {content}")
        message = _call(client, "POST", f"{address}/chatroom/{room['id']}/message", {"content": content})
        print("  assistant  ", end="", flush=True)
        _print_stream(client, message["stream_url"])
        _check(_call(client, "GET", f"{address}/message/{message['id']}?wait=25"))
    print(f"\nAll of it is in PostgreSQL now: GET {address}/chatroom/{room['id']}/messages")


def random_mobile_number() -> str:
    """Return a valid Indian mobile number in E.164, chosen at random."""
    while True:
        number = f"+919{random.randrange(10**9):09d}"
        if phonenumbers.is_valid_number(phonenumbers.parse(number)):
            return number


def _sign_in(client: requests.Session, address: str, number: str) -> str:
    """Sign up and in with a one-time code, and return the access token."""
    _call(client, "POST", f"{address}/auth/signup", {"mobile_number": number})
    answer = _call(client, "POST", f"{address}/auth/send-otp", {"mobile_number": number})
    if "otp" not in answer:
        raise DemoFailed(
            "the one-time code went out by SMS and not with the answer; the demo needs SMS_DELIVERY=response."
        )
    proof = {"mobile_number": number, "otp": answer["otp"]}
    return str(_call(client, "POST", f"{address}/auth/verify-otp", proof)["access_token"])


def _print_stream(client: requests.Session, url: str) -> None:
    """Print the answer as it is written. Should the stream break, the message still has the answer."""
    try:
        with client.get(url, stream=True, timeout=TIMEOUT) as answer:
            event = ""
            for line in answer.iter_lines():  # as bytes: decoded, a line separator in an answer would end a line too
                name, _, value = line.decode().partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "delta":
                    print(json.loads(value)["text"].replace("\n", "\n             "), end="", flush=True)
    except requests.RequestException as error:
        print(f"(the stream broke: {type(error).__name__})", end="")
    print()


def _check(message: dict[str, Any]) -> None:
    reply = message["reply"]
    if reply["status"] != "done":
        raise DemoFailed(f"the reply is {reply['status']} ({reply['error']}); is a worker running?")


def _call(client: requests.Session, method: str, url: str, body: dict[str, str] | None = None) -> Any:
    try:
        answer = client.request(method, url, json=body, timeout=TIMEOUT)
        if answer.ok:
            return answer.json()
    except requests.RequestException as error:
        raise DemoFailed(
            f"Kuvaka does not answer at {url} ({type(error).__name__}); start it first: make run"
        ) from None
    raise DemoFailed(f"{method} {url} answered {answer.status_code}: {answer.text[:500]}")


if __name__ == "__main__":
    sys.exit(main())
