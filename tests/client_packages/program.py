"""What the tests run with the packed Python client. Each line of output is JSON; `program.ts` does the same."""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx
from kuvaka_client import Delta, End, Event, ForgedWebhook, Kuvaka, Refused, Restart, expect, verify_webhook
from kuvaka_client.core.api.chatroom import create_chatroom
from kuvaka_client.core.api.usage import get_usage
from kuvaka_client.core.models import Message, RoomRequest


def say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


def say_final(message: Message) -> None:
    say(type="end", id=message.id, status=message.reply.status.value, text=message.gemini_response)


def say_events(events: Iterator[Event]) -> None:
    for event in events:
        match event:
            case Delta(text):
                say(type="delta", text=text)
            case Restart():
                say(type="restart")
            case End(message):
                say_final(message)


def refreshed() -> str:
    say(type="refreshed")
    return os.environ["KUVAKA_NEXT_TOKEN"]


def run(kuvaka: Kuvaka, command: str, *arguments: str) -> None:
    if command == "room":
        say(room=expect(create_chatroom.sync(client=kuvaka.core, body=RoomRequest(name="Weather"))).id)
    elif command == "usage":
        say(used=expect(get_usage.sync(client=kuvaka.core)).used)
    elif command == "send":
        say_events(kuvaka.send(int(arguments[0]), arguments[1]))
    elif command == "stream":
        say_events(kuvaka.stream(int(arguments[0])))
    elif command == "wait":
        say_final(kuvaka.wait(int(arguments[0]), timeout=float(arguments[1])))
    else:
        for case in json.loads(arguments[0]):
            verify(**case)


def verify(body: str, headers: dict[str, str], secrets: list[str]) -> None:
    try:
        say(event=verify_webhook(body.encode(), headers, secrets))
    except ForgedWebhook:
        say(forged=True)


def main() -> None:
    given = os.environ
    refresh = refreshed if "KUVAKA_NEXT_TOKEN" in given else None
    with Kuvaka(
        given["KUVAKA_URL"], given["KUVAKA_KEY"], refresh=refresh, patience=float(given["KUVAKA_PATIENCE"])
    ) as kuvaka:
        try:
            run(kuvaka, *sys.argv[1:])
        except Refused as error:
            kind = type(error).__name__
            say(refused=kind, status=error.status, code=error.code, id=error.request_id, after=error.retry_after)
        except TimeoutError:
            say(late=True)
        except httpx.TransportError:
            say(unreachable=True)


if __name__ == "__main__":
    main()
