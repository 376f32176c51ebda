"""`make demo`: a conversation with a running Kuvaka, over HTTP only, like any client."""

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
    "And what did I say first?",
)
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
TIMEOUT: Final = 60.0
"""Seconds for one reply."""


class DemoFailed(Exception):
    """The demo cannot continue; the message says why."""


def main() -> int:
    """Run the conversation and print it; return the exit code."""
    address = os.environ.get("KUVAKA_URL") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    try:
        hold_conversation(address.rstrip("/"))
    except DemoFailed as failure:
        print(f"The demo failed: {failure}", file=sys.stderr)
        return 1
    return 0


def hold_conversation(address: str) -> None:
    """Sign up at `address`, open a room and send messages there; print the conversation.

    Raises:
        DemoFailed: if Kuvaka does not respond there, or not as expected.
    """
    client = requests.Session()
    # A proxy for the Internet cannot reach this machine.
    client.trust_env = urlsplit(address).hostname not in LOOPBACK
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
    """Return a random, valid Indian mobile number in E.164."""
    while True:
        number = f"+919{random.randrange(10**9):09d}"
        if phonenumbers.is_valid_number(phonenumbers.parse(number)):
            return number


def _sign_in(client: requests.Session, address: str, number: str) -> str:
    """Sign up and in with a one-time code, and return the access token."""
    _call(client, "POST", f"{address}/auth/signup", {"mobile_number": number})
    sent = _call(client, "POST", f"{address}/auth/send-otp", {"mobile_number": number})
    if "otp" not in sent:
        raise DemoFailed(
            "the one-time code was sent by SMS and is not in the response; the demo needs SMS_DELIVERY=response."
        )
    proof = {"mobile_number": number, "otp": sent["otp"]}
    return str(_call(client, "POST", f"{address}/auth/verify-otp", proof)["access_token"])


def _print_stream(client: requests.Session, url: str) -> None:
    """Print the reply while it is written. If the stream breaks, the message still gets the reply."""
    try:
        with client.get(url, stream=True, timeout=TIMEOUT) as response:
            event = ""
            for line in response.iter_lines():  # as bytes: in text, a line separator in a reply would end a line too
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
        response = client.request(method, url, json=body, timeout=TIMEOUT)
        if response.ok:
            return response.json()
    except requests.RequestException as error:
        raise DemoFailed(
            f"Kuvaka does not respond at {url} ({type(error).__name__}); start it first: make run"
        ) from None
    raise DemoFailed(f"{method} {url} returned {response.status_code}: {response.text[:500]}")


if __name__ == "__main__":
    sys.exit(main())
