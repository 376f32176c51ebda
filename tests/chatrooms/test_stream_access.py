"""Who may follow an answer, without the process `stream`: what it asks the database for each request."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from accounts import sessions, tokens
from accounts.exceptions import SessionEnded
from accounts.models import Session, User
from chatrooms import conversation
from chatrooms.exceptions import MessageNotFound, TicketInvalid
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.streaming.app import _authorise
from chatrooms.tickets import LIFETIME, Ticket
from config.http.problems import NotAuthenticated
from tests.chatrooms.conftest import claim, finish, reply_of

pytestmark = pytest.mark.django_db


def session_of(user: User) -> Session:
    return sessions.start(user=user, method=Session.Method.CODE, user_agent="")


def asks(message: Message, *, ticket: object = None, session: Session | None = None) -> Reply:
    """What a request for the message's stream opens."""
    headers = {"authorization": f"Bearer {tokens.pair_of(session).access}"} if session else {}
    query = {"ticket": [str(ticket)]} if ticket else {}
    request: Any = SimpleNamespace(message_id=message.pk, headers=headers, query=query)
    return _authorise(request).reply


@pytest.fixture
def message(room: Chatroom, send: Callable[..., Message]) -> Message:
    return send(room)


def ticket_of(message: Message, session: Session) -> Ticket:
    return Ticket(reply_id=reply_of(message).pk, session_id=session.pk)


def test_by_token_and_by_ticket_ones_own_is_opened(message: Message, user: User) -> None:
    session = session_of(user)
    assert asks(message, session=session) == asks(message, ticket=ticket_of(message, session)) == reply_of(message)


def test_a_stranger_is_told_that_there_is_none(message: Message, stranger: User) -> None:
    session = session_of(stranger)
    with pytest.raises(MessageNotFound):
        asks(message, session=session)
    with pytest.raises(MessageNotFound):
        asks(message, ticket=ticket_of(message, session))


def test_without_either_nobody_is_let_in(message: Message) -> None:
    with pytest.raises(NotAuthenticated):
        asks(message)


def test_a_ticket_works_for_five_minutes(message: Message, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    text, made = str(ticket_of(message, session_of(user))), time.time()

    def pass_by(seconds: float) -> None:
        monkeypatch.setattr("django.core.signing.time.time", lambda: made + seconds)

    pass_by(LIFETIME.total_seconds() - 5)
    assert asks(message, ticket=text)
    pass_by(LIFETIME.total_seconds() + 5)
    with pytest.raises(TicketInvalid):
        asks(message, ticket=text)


def test_a_ticket_is_worth_nothing_once_its_session_has_ended(message: Message, user: User) -> None:
    session = session_of(user)
    ticket = ticket_of(message, session)
    sessions.end(user_id=user.pk, session_id=session.pk)
    with pytest.raises(SessionEnded):
        asks(message, ticket=ticket)


def test_a_ticket_opens_its_own_answer_also_when_there_is_a_newer_one(message: Message, user: User) -> None:
    ticket = ticket_of(message, session_of(user))
    first = claim(message)
    finish(first)
    conversation.regenerate(user_id=user.pk, message_id=message.pk)
    assert asks(message, ticket=ticket) == first != reply_of(message)


@pytest.mark.parametrize("forged", ["x", "1:2:3", "a.b.c"])
def test_a_forged_ticket_opens_nothing(message: Message, forged: str) -> None:
    with pytest.raises(TicketInvalid):
        asks(message, ticket=forged)
