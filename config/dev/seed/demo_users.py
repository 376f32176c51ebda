"""Creates consistent users, rooms, conversations, grants of Pro and usage, in batches of one transaction each."""

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
"""The prefix of the demo users' numbers; six digits follow."""

MOST: Final = 10**6
DAYS: Final = 30
LONGEST_ROOM: Final = 8
"""Exchanges: less than Basic's units of a day, so that a Basic user has one conversation a day at most."""

EVERY_PRO: Final = 20
"""One user in this many has Pro, and sends more messages."""

PRO_WEIGHT: Final = 6
FAILED, STOPPED = 0.04, 0.06
"""The share of replies that failed, and of those that failed or were stopped."""

USERS: Final = 2_000
EXCHANGES: Final = 20_000
"""The most users, and exchanges, in one transaction."""

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
class DemoUser:
    """One user's share. `number` counts the demo users from 0; `user_id` is set for existing ones."""

    number: int
    exchanges: int
    user_id: int | None = None

    @property
    def is_pro(self) -> bool:
        """Whether the user has Pro: some have, and so do all that send more than Basic allows."""
        return self.number % EVERY_PRO == 0 or self.exchanges > LONGEST_ROOM * (DAYS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and its reply."""

    asked_at: datetime
    question: str
    status: Status
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One conversation of one user."""

    user_id: int
    name: str
    exchanges: list[Exchange]


def known() -> tuple[int, int]:
    """The number of demo users, and of their messages (questions and replies)."""
    mine = User.objects.filter(mobile_number__startswith=PREFIX)
    return mine.count(), Message.objects.filter(user__in=mine).count()


def next_number() -> int:
    """The first number that no demo user has."""
    last = User.objects.filter(mobile_number__startswith=PREFIX).aggregate(last=Max("mobile_number"))["last"]
    return int(last.removeprefix(PREFIX)) + 1 if last else 0


def shares(numbers: Sequence[tuple[int, int | None]], exchanges: int) -> Iterator[DemoUser]:
    """Distribute all `exchanges` among users, given by number and id; users with Pro get more.

    Raises:
        ValueError: a user would get more than fit into one transaction.
    """
    weights = [PRO_WEIGHT if number % EVERY_PRO == 0 else 1 for number, _ in numbers]
    total, so_far = sum(weights), 0
    for (number, user_id), weight in zip(numbers, weights, strict=True):
        share = exchanges * (so_far + weight) // total - exchanges * so_far // total
        so_far += weight
        if share > EXCHANGES:
            raise ValueError(share)
        yield DemoUser(number=number, exchanges=share, user_id=user_id)


def batches(users: Iterable[DemoUser]) -> Iterator[list[DemoUser]]:
    """Group users by transaction."""
    batch: list[DemoUser] = []
    size = 0
    for user in users:
        if batch and (len(batch) >= USERS or size + user.exchanges > EXCHANGES):
            yield batch
            batch, size = [], 0
        batch.append(user)
        size += user.exchanges
    if batch:
        yield batch


def make(users: list[DemoUser], *, now: datetime, seed: str) -> int:
    """Create these users and their messages; return the number of messages."""
    with transaction.atomic():
        ids = _make_accounts(users, now)
        rooms = [
            room
            for user, user_id in zip(users, ids, strict=True)
            for room in _rooms(user, user_id, now, Random(f"{seed}/{user.number}"))
        ]
        return _make_rooms(rooms)


def _make_accounts(users: list[DemoUser], now: datetime) -> list[int]:
    new = [user for user in users if user.user_id is None]
    fresh = iter(reserve(User, len(new)) if new else ())
    ids = [next(fresh) if user.user_id is None else user.user_id for user in users]
    began = now - timedelta(days=DAYS + 1)
    made = [(user, user_id) for user, user_id in zip(users, ids, strict=True) if user.user_id is None]
    copy(
        User,
        ("id", "mobile_number", "password", "display_name", "created_at"),
        (
            (user_id, f"{PREFIX}{user.number:06}", UNUSABLE_PASSWORD_PREFIX, _name(user), began)
            for user, user_id in made
        ),
    )
    _give_pro([user_id for user, user_id in made if user.is_pro], began=began, ends_at=now + timedelta(days=365))
    return ids


def _name(user: DemoUser) -> str:
    return texts.name_of(Random(user.number))


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


def _rooms(user: DemoUser, user_id: int, now: datetime, random: Random) -> Iterator[Room]:
    count = -(-user.exchanges // LONGEST_ROOM)
    days = range(1, DAYS)
    chosen = random.choices(days, k=count) if count > len(days) else random.sample(days, count)
    left = user.exchanges
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
        text = texts.reply(random, topic)
        reply = {Status.FAILED: "", Status.STOPPED: text[: len(text) // 2]}.get(status, text)
        yield Exchange(asked_at=begins, question=texts.question(random, topic), status=status, reply=reply)


def _make_rooms(rooms: list[Room]) -> int:
    """Write rooms, units, questions and replies, and then their usage; return the number of messages."""
    exchanges = [(room, exchange) for room in rooms for exchange in room.exchanges]
    if not exchanges:
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
    failed = sum(exchange.status is Status.FAILED for _, exchange in exchanges)
    units, refunds = reserve(LedgerEntry, len(exchanges)), reserve(LedgerEntry, failed)
    _copy_units(exchanges, units, refunds)
    ids = reserve(Message, 2 * len(exchanges))
    rooms_of = (pk for pk, room in zip(room_ids, rooms, strict=True) for _ in room.exchanges)
    _copy_messages(exchanges, list(rooms_of), ids, units)
    with connection.cursor() as cursor:
        cursor.execute(USAGE, {"units": units + refunds})
        cursor.execute(SERVICE_USAGE, {"messages": ids})
    return len(ids)


def _copy_units(exchanges: list[tuple[Room, Exchange]], units: list[int], refunds: list[int]) -> None:
    refund_ids = iter(refunds)
    rows: list[tuple[Any, ...]] = []
    for unit, (room, exchange) in zip(units, exchanges, strict=True):
        day = exchange.asked_at.date()
        rows.append((unit, room.user_id, day, 1, LedgerEntry.Kind.SEND, None, exchange.asked_at))
        if exchange.status is Status.FAILED:
            kind = LedgerEntry.Kind.RETURN
            rows.append((next(refund_ids), room.user_id, day, -1, kind, unit, exchange.asked_at))
    copy(LedgerEntry, ("id", "user_id", "day", "amount", "kind", "returns_id", "created_at"), rows)


def _copy_messages(
    exchanges: list[tuple[Room, Exchange]], room_ids: list[int], ids: list[int], units: list[int]
) -> None:
    """The ids rise in the order of the conversation, like those of a real room."""
    copy(
        Message,
        ("id", "room_id", "user_id", "role", "content", "created_at"),
        (
            (pk, room_id, room.user_id, Role.USER, exchange.question, exchange.asked_at)
            for pk, room_id, (room, exchange) in zip(ids[::2], room_ids, exchanges, strict=True)
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
                ids[1::2], ids[::2], room_ids, units, exchanges, strict=True
            )
        ),
    )


def _reply(exchange: Exchange, question_id: int, unit: int) -> tuple[Any, ...]:
    failed = exchange.status is Status.FAILED
    ended = exchange.asked_at + timedelta(seconds=1 + len(exchange.reply) / 100)
    return (
        *(exchange.reply, exchange.asked_at, question_id, True, exchange.status, unit, 1),
        "" if failed else MODEL,
        "provider_overloaded" if failed else "",
        "stop" if exchange.status is Status.DONE else "",
        None if failed else 60 + len(exchange.question) // 4,
        None if failed else len(exchange.reply) // 4,
        *(exchange.asked_at + timedelta(seconds=0.2), ended),
    )


def tiers_are_there() -> bool:
    """Whether the tiers are seeded; without them no user can send messages."""
    return Tier.objects.filter(slug__in=(Tier.BASIC, Tier.PRO)).count() == 2
