"""Making people, rooms, conversations, Pro and usage that agree, in batches of one transaction each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection, transaction
from django.db.models import Max

from accounts.models import StaffAction, User
from billing.models import Entitlement, Grant, LedgerEntry, Tier
from chatrooms.models import Chatroom, Message, NameSource, Role, Status
from config.dev.seed import texts
from config.dev.seed.copy import copy, reserve

PREFIX: Final = "+919990"
"""The numbers of the demonstration begin so, and go on with six digits."""

MOST: Final = 10**6
DAYS: Final = 30
LONGEST_ROOM: Final = 8
"""Exchanges: less than Basic's units of a day, so that a Basic user has one conversation a day at most."""

EVERY_PRO: Final = 20
"""One person of so many has Pro, and says more."""

PRO_WEIGHT: Final = 6
FAILED, STOPPED = 0.04, 0.06
"""Of the replies, so many failed; and so many, less these, were stopped."""

USERS: Final = 2_000
EXCHANGES: Final = 20_000
"""People, and exchanges, of one transaction at most."""

MODEL: Final = "gemini-flash-latest"
USAGE: Final = """
    INSERT INTO billing_dailyusage AS usage (user_id, day, used, prompt_tokens, output_tokens)
    SELECT ledger.user_id, ledger.day, sum(ledger.amount),
           coalesce(sum(reply.prompt_tokens), 0), coalesce(sum(reply.output_tokens), 0)
    FROM billing_ledgerentry AS ledger
    LEFT JOIN chatrooms_message AS reply ON reply.unit_id = ledger.id
    WHERE ledger.id = ANY(%(units)s)
    GROUP BY ledger.user_id, ledger.day
    ON CONFLICT (user_id, day) DO UPDATE SET
        used = usage.used + excluded.used,
        prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
        output_tokens = usage.output_tokens + excluded.output_tokens
"""
SERVICE_USAGE: Final = """
    INSERT INTO billing_serviceusage AS usage (day, prompt_tokens, output_tokens)
    SELECT (created_at AT TIME ZONE 'UTC')::date, sum(prompt_tokens), sum(output_tokens)
    FROM chatrooms_message WHERE id = ANY(%(messages)s) AND prompt_tokens IS NOT NULL
    GROUP BY 1
    ON CONFLICT (day) DO UPDATE SET
        prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
        output_tokens = usage.output_tokens + excluded.output_tokens
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person's share. `number` counts the people of the demonstration from 0; `user_id` is set for known ones."""

    number: int
    exchanges: int
    user_id: int | None = None

    @property
    def is_pro(self) -> bool:
        """Whether they have Pro: some have, and whoever says more than Basic allows."""
        return self.number % EVERY_PRO == 0 or self.exchanges > LONGEST_ROOM * (DAYS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and what became of it."""

    asked_at: datetime
    question: str
    status: Status
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One conversation of one person."""

    user_id: int
    name: str
    exchanges: list[Exchange]


def known() -> tuple[int, int]:
    """How many people of the demonstration there are, and how many messages they have (questions and replies)."""
    mine = User.objects.filter(mobile_number__startswith=PREFIX)
    return mine.count(), Message.objects.filter(user__in=mine).count()


def next_number() -> int:
    """The first number that no person of the demonstration has had."""
    last = User.objects.filter(mobile_number__startswith=PREFIX).aggregate(last=Max("mobile_number"))["last"]
    return int(last.removeprefix(PREFIX)) + 1 if last else 0


def shares(numbers: Sequence[tuple[int, int | None]], exchanges: int) -> Iterator[Person]:
    """Share `exchanges` among people, given by number and id; people with Pro get more. All of them are given out.

    Raises:
        ValueError: somebody would get more than fit into one transaction.
    """
    weights = [PRO_WEIGHT if number % EVERY_PRO == 0 else 1 for number, _ in numbers]
    total, so_far = sum(weights), 0
    for (number, user_id), weight in zip(numbers, weights, strict=True):
        share = exchanges * (so_far + weight) // total - exchanges * so_far // total
        so_far += weight
        if share > EXCHANGES:
            raise ValueError(share)
        yield Person(number=number, exchanges=share, user_id=user_id)


def batches(people: Iterable[Person]) -> Iterator[list[Person]]:
    """Put people together for one transaction."""
    batch: list[Person] = []
    size = 0
    for person in people:
        if batch and (len(batch) >= USERS or size + person.exchanges > EXCHANGES):
            yield batch
            batch, size = [], 0
        batch.append(person)
        size += person.exchanges
    if batch:
        yield batch


def make(people: list[Person], *, now: datetime, seed: str) -> int:
    """Make these people and what they said; how many messages that were."""
    with transaction.atomic():
        ids = _make_accounts(people, now)
        rooms = [
            room
            for person, user_id in zip(people, ids, strict=True)
            for room in _rooms(person, user_id, now, Random(f"{seed}/{person.number}"))
        ]
        return _make_rooms(rooms)


def _make_accounts(people: list[Person], now: datetime) -> list[int]:
    new = [person for person in people if person.user_id is None]
    fresh = iter(reserve(User, len(new)) if new else ())
    ids = [next(fresh) if person.user_id is None else person.user_id for person in people]
    began = now - timedelta(days=DAYS + 1)
    made = [(person, user_id) for person, user_id in zip(people, ids, strict=True) if person.user_id is None]
    copy(
        User,
        ("id", "mobile_number", "password", "display_name", "created_at"),
        (
            (user_id, f"{PREFIX}{person.number:06}", UNUSABLE_PASSWORD_PREFIX, _name(person), began)
            for person, user_id in made
        ),
    )
    _give_pro([user_id for person, user_id in made if person.is_pro], began=began, ends_at=now + timedelta(days=365))
    return ids


def _name(person: Person) -> str:
    return texts.name_of(Random(person.number))


def _give_pro(user_ids: list[int], *, began: datetime, ends_at: datetime) -> None:
    copy(Entitlement, ("user_id", "grant_until"), ((user_id, ends_at) for user_id in user_ids))
    reason = "a demonstration"
    copy(
        Grant,
        ("user_id", "created_at", "ends_at", "reason"),
        ((user_id, began, ends_at, reason) for user_id in user_ids),
    )
    actions = [(user_id, "grant_pro", reason, "done", began) for user_id in user_ids[:10]]
    actions += [(user_id, "export", "asked for by letter", "done", began) for user_id in user_ids[:2]]
    copy(StaffAction, ("user_id", "action", "reason", "outcome", "created_at"), actions)


def _rooms(person: Person, user_id: int, now: datetime, random: Random) -> Iterator[Room]:
    count = -(-person.exchanges // LONGEST_ROOM)
    days = range(1, DAYS)
    chosen = random.choices(days, k=count) if count > len(days) else random.sample(days, count)
    left = person.exchanges
    for days_ago in sorted(chosen, reverse=True):
        topic = texts.topic_of(random)
        size = min(LONGEST_ROOM, left)
        left -= size
        day = datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=days_ago)
        begins = day + timedelta(minutes=random.randrange(6 * 60, 21 * 60))
        yield Room(user_id=user_id, name=topic, exchanges=list(_exchanges(size, topic, begins, random)))


def _exchanges(count: int, topic: str, begins: datetime, random: Random) -> Iterator[Exchange]:
    for _ in range(count):
        begins += timedelta(seconds=random.randrange(30, 600))
        luck = random.random()
        status = Status.FAILED if luck < FAILED else Status.STOPPED if luck < STOPPED else Status.DONE
        said = texts.answer(random, topic)
        answer = {Status.FAILED: "", Status.STOPPED: said[: len(said) // 2]}.get(status, said)
        yield Exchange(asked_at=begins, question=texts.question(random, topic), status=status, answer=answer)


def _make_rooms(rooms: list[Room]) -> int:
    """Write rooms, units, questions and replies, and then count what they cost."""
    told = [(room, exchange) for room in rooms for exchange in room.exchanges]
    if not told:
        return 0
    room_ids = reserve(Chatroom, len(rooms))
    copy(
        Chatroom,
        ("id", "user_id", "name", "naming", "created_at", "updated_at"),
        (
            (pk, room.user_id, room.name, NameSource.MODEL, room.exchanges[0].asked_at, room.exchanges[-1].asked_at)
            for pk, room in zip(room_ids, rooms, strict=True)
        ),
    )
    failed = sum(exchange.status is Status.FAILED for _, exchange in told)
    units, returns = reserve(LedgerEntry, len(told)), reserve(LedgerEntry, failed)
    _copy_units(told, units, returns)
    ids = reserve(Message, 2 * len(told))
    rooms_of = (pk for pk, room in zip(room_ids, rooms, strict=True) for _ in room.exchanges)
    _copy_messages(told, list(rooms_of), ids, units)
    with connection.cursor() as cursor:
        cursor.execute(USAGE, {"units": units + returns})
        cursor.execute(SERVICE_USAGE, {"messages": ids})
    return len(ids)


def _copy_units(told: list[tuple[Room, Exchange]], units: list[int], returns: list[int]) -> None:
    given_back = iter(returns)
    rows: list[tuple[Any, ...]] = []
    for unit, (room, exchange) in zip(units, told, strict=True):
        day = exchange.asked_at.date()
        rows.append((unit, room.user_id, day, 1, LedgerEntry.Kind.SEND, None, exchange.asked_at))
        if exchange.status is Status.FAILED:
            kind = LedgerEntry.Kind.RETURN
            rows.append((next(given_back), room.user_id, day, -1, kind, unit, exchange.asked_at))
    copy(LedgerEntry, ("id", "user_id", "day", "amount", "kind", "returns_id", "created_at"), rows)


def _copy_messages(told: list[tuple[Room, Exchange]], room_ids: list[int], ids: list[int], units: list[int]) -> None:
    """The ids rise in the order in which it was said, as those of a real room do."""
    copy(
        Message,
        ("id", "room_id", "user_id", "role", "content", "created_at"),
        (
            (pk, room_id, room.user_id, Role.USER, exchange.question, exchange.asked_at)
            for pk, room_id, (room, exchange) in zip(ids[::2], room_ids, told, strict=True)
        ),
    )
    copy(
        Message,
        (
            *("id", "room_id", "user_id", "role", "content", "created_at", "answers_id", "is_current", "status"),
            *("unit_id", "attempt", "model", "error", "finish_reason", "prompt_tokens", "output_tokens"),
            *("started_at", "finished_at"),
        ),
        (
            (pk, room_id, room.user_id, Role.ASSISTANT, *_reply(exchange, question_id, unit))
            for pk, question_id, room_id, unit, (room, exchange) in zip(
                ids[1::2], ids[::2], room_ids, units, told, strict=True
            )
        ),
    )


def _reply(exchange: Exchange, question_id: int, unit: int) -> tuple[Any, ...]:
    failed = exchange.status is Status.FAILED
    ended = exchange.asked_at + timedelta(seconds=1 + len(exchange.answer) / 100)
    return (
        *(exchange.answer, exchange.asked_at, question_id, True, exchange.status, unit, 1),
        "" if failed else MODEL,
        "provider_overloaded" if failed else "",
        "stop" if exchange.status is Status.DONE else "",
        None if failed else 60 + len(exchange.question) // 4,
        None if failed else len(exchange.answer) // 4,
        *(exchange.asked_at + timedelta(seconds=0.2), ended),
    )


def tiers_are_there() -> bool:
    """Whether the tiers are seeded, without which nobody may do anything."""
    return Tier.objects.filter(slug__in=(Tier.BASIC, Tier.PRO)).count() == 2
