"""Who may read a reply's stream: what the process `stream` checks for each request."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts import bearers, sessions, tokens
from accounts.api_keys import keys
from accounts.exceptions import ScopeMissing, SessionEnded
from accounts.models import ApiKey, Scope, Session, User
from chatrooms import conversation
from chatrooms.exceptions import MessageNotFound, TicketInvalid
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.streaming.access import authorize
from chatrooms.tickets import LIFETIME, Ticket
from config.http.problems import NotAuthenticated
from tests.chatrooms.conftest import claim, finish, reply_of
from tests.clients import make_api_key

pytestmark = pytest.mark.django_db


def session_of(user: User) -> Session:
    return sessions.start(user=user, method=Session.Method.CODE, user_agent="")


def opened_by(message: Message, *, ticket: object = None, session: Session | None = None) -> Reply:
    """Return the reply that a request for the message's stream opens."""
    headers = {"authorization": f"Bearer {tokens.pair_of(session).access}"} if session else {}
    query = {"ticket": [str(ticket)]} if ticket else {}
    request: Any = SimpleNamespace(message_id=message.pk, headers=headers, query=query)
    return authorize(request).reply


@pytest.fixture
def message(room: Chatroom, send: Callable[..., Message]) -> Message:
    return send(room)


def ticket_of(message: Message, session: Session) -> Ticket:
    return Ticket(reply_id=reply_of(message).pk, bearer_id=session.pk)


def test_a_token_and_a_ticket_open_the_users_own_stream(message: Message, alice: User) -> None:
    session = session_of(alice)
    assert opened_by(message, session=session) == reply_of(message)
    assert opened_by(message, ticket=ticket_of(message, session)) == reply_of(message)


def test_a_stranger_gets_message_not_found(message: Message, mallory: User) -> None:
    session = session_of(mallory)
    with pytest.raises(MessageNotFound):
        opened_by(message, session=session)
    with pytest.raises(MessageNotFound):
        opened_by(message, ticket=ticket_of(message, session))


def test_a_request_without_token_and_ticket_is_refused(message: Message) -> None:
    with pytest.raises(NotAuthenticated):
        opened_by(message)


def test_a_ticket_works_for_five_minutes(message: Message, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    text, made = str(ticket_of(message, session_of(alice))), time.time()

    def after(seconds: float) -> None:
        monkeypatch.setattr("django.core.signing.time.time", lambda: made + seconds)

    after(LIFETIME.total_seconds() - 5)
    assert opened_by(message, ticket=text)
    after(LIFETIME.total_seconds() + 5)
    with pytest.raises(TicketInvalid):
        opened_by(message, ticket=text)


def test_a_ticket_ends_with_its_session(message: Message, alice: User) -> None:
    session = session_of(alice)
    ticket = ticket_of(message, session)
    sessions.end(user_id=alice.pk, session_id=session.pk)
    with pytest.raises(SessionEnded):
        opened_by(message, ticket=ticket)


def test_a_ticket_opens_its_own_reply_even_after_a_newer_one(message: Message, alice: User) -> None:
    ticket = ticket_of(message, session_of(alice))
    first = claim(message)
    finish(first)
    conversation.regenerate(user_id=alice.pk, message_id=message.pk)
    assert opened_by(message, ticket=ticket) == first != reply_of(message)


@pytest.mark.parametrize("forged", ["x", "1:2:3", "a.b.c"])
def test_a_forged_ticket_opens_nothing(message: Message, forged: str) -> None:
    with pytest.raises(TicketInvalid):
        opened_by(message, ticket=forged)


def opened_by_key(message: Message, text: object) -> Reply:
    request: Any = SimpleNamespace(message_id=message.pk, headers={"authorization": f"Bearer {text}"}, query={})
    return authorize(request).reply


def test_a_key_opens_its_users_stream_if_it_may_read(message: Message, alice: User, mallory: User) -> None:
    assert opened_by_key(message, make_api_key(alice, Scope.ROOMS_READ)) == reply_of(message)
    with pytest.raises(ScopeMissing):
        opened_by_key(message, make_api_key(alice, Scope.MESSAGES_WRITE))
    with pytest.raises(MessageNotFound):
        opened_by_key(message, make_api_key(mallory, *Scope))


def test_a_ticket_ends_with_its_key(message: Message, alice: User) -> None:
    """The key needs no scope to read what it has sent."""
    key = make_api_key(alice, Scope.MESSAGES_WRITE)
    ticket = Ticket(reply_id=reply_of(message).pk, bearer_id=key.id)
    assert opened_by(message, ticket=ticket) == reply_of(message)
    assert bearers.all_living([key.id, session_of(alice).pk]) >= {key.id}
    keys.revoke(user_id=alice.pk, key_id=key.id)
    assert bearers.all_living([key.id]) == set()
    with pytest.raises(SessionEnded):
        opened_by(message, ticket=ticket)


def test_a_ticket_ends_when_its_key_expires(message: Message, alice: User) -> None:
    key = make_api_key(alice, Scope.ROOMS_READ)
    ApiKey.objects.update(expires_at=Now())
    with pytest.raises(SessionEnded):
        opened_by(message, ticket=Ticket(reply_id=reply_of(message).pk, bearer_id=key.id))
