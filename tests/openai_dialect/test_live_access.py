"""Who may read a reply in a dialect: what the process `stream` checks of the ticket."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from accounts import sessions, sign_out
from accounts.exceptions import SessionEnded
from accounts.models import Session, User
from chatrooms import conversation, rooms
from chatrooms.exceptions import MessageNotFound, TicketInvalid
from chatrooms.models import Reply
from chatrooms.streaming.access import Access, authorize_by_ticket
from chatrooms.tickets import LIFETIME, DialectTicket, Ticket
from config.http.problems import NotAuthenticated

pytestmark = pytest.mark.django_db


def opened_by(ticket: object, *, reply_id: int, **headers: str) -> Access:
    query = {"ticket": [str(ticket)]} if ticket else {}
    request: Any = SimpleNamespace(reply_id=reply_id, headers=headers, query=query)
    return authorize_by_ticket(request)


@pytest.fixture
def session(alice: User) -> Session:
    return sessions.start(user=alice, method=Session.Method.CODE, user_agent="")


def reply_of(user: User) -> Reply:
    room = rooms.create(user_id=user.pk, name="Room")
    sent = conversation.send(user_id=user.pk, room_id=room.pk, content="Hello")
    return Reply.objects.get(answers_id=sent.pk)


@pytest.fixture
def reply(alice: User) -> Reply:
    return reply_of(alice)


def ticket_for(reply: Reply, session: Session) -> DialectTicket:
    return DialectTicket(reply_id=reply.pk, bearer_id=session.pk, dialect="a", options={"b": 1}, headers={"C": "d"})


def test_a_ticket_opens_its_reply_in_its_dialect(reply: Reply, session: Session) -> None:
    access = opened_by(ticket_for(reply, session), reply_id=reply.pk)
    assert (access.reply, access.dialect, access.options, access.headers) == (reply, "a", {"b": 1}, {"C": "d"})


def test_it_opens_no_other_reply(reply: Reply, session: Session, alice: User, mallory: User) -> None:
    for other in (reply_of(alice), reply_of(mallory)):
        with pytest.raises(MessageNotFound):
            opened_by(ticket_for(reply, session), reply_id=other.pk)
    theirs = sessions.start(user=mallory, method=Session.Method.CODE, user_agent="")
    with pytest.raises(MessageNotFound):
        opened_by(ticket_for(reply, theirs), reply_id=reply.pk)


def test_a_ticket_is_valid_for_five_minutes(reply: Reply, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = str(ticket_for(reply, session))
    later = time.time() + LIFETIME.total_seconds() + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    with pytest.raises(TicketInvalid):
        opened_by(ticket, reply_id=reply.pk)


def test_a_ticket_ends_with_its_session(reply: Reply, session: Session, alice: User) -> None:
    ticket = ticket_for(reply, session)
    sign_out.everywhere(user_id=alice.pk)
    with pytest.raises(SessionEnded):
        opened_by(ticket, reply_id=reply.pk)


def test_nothing_but_its_own_kind_of_ticket_counts(reply: Reply, session: Session) -> None:
    of_stream = Ticket(reply_id=reply.pk, bearer_id=session.pk)
    for text in ("x", str(of_stream), f"{ticket_for(reply, session)}x"):
        with pytest.raises(TicketInvalid):
            opened_by(text, reply_id=reply.pk)
    with pytest.raises(NotAuthenticated):
        opened_by("", reply_id=reply.pk, authorization="Bearer x")
