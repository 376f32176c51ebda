"""`make demo`: a conversation with a running Kuvaka, over HTTP alone, as any client would hold it."""

import os
import random
import sys
import time
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
PATIENCE: Final = 60.0
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
        text = _wait_for_reply(client, f"{address}/message/{message['id']}")
        print("  assistant  " + text.replace("\n", "\n             "))
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


def _wait_for_reply(client: requests.Session, url: str) -> str:
    """Ask for the message at `url` until its reply is final, and return the reply's text."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        message = _call(client, "GET", url)
        reply = message["reply"]
        if reply["status"] == "done":
            return str(message["gemini_response"])
        if reply["status"] in {"failed", "stopped"}:
            raise DemoFailed(f"the reply ended as {reply['status']} ({reply['error']}).")
        time.sleep(0.2)
    raise DemoFailed(f"there is no reply after {PATIENCE:.0f} seconds; is a worker running?")


def _call(client: requests.Session, method: str, url: str, body: dict[str, str] | None = None) -> Any:
    try:
        answer = client.request(method, url, json=body, timeout=10)
        if answer.ok:
            return answer.json()
    except requests.RequestException as error:
        raise DemoFailed(
            f"Kuvaka does not answer at {url} ({type(error).__name__}); start it first: make run"
        ) from None
    raise DemoFailed(f"{method} {url} answered {answer.status_code}: {answer.text[:500]}")


if __name__ == "__main__":
    sys.exit(main())
