"""Querysets that are compiled once give what they give in the ordinary way."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext

from accounts import sessions, tokens
from accounts.models import Session, User
from billing.models import Entitlement
from chatrooms.replies import statements
from config.infrastructure.compiled import compiled
from tests import factories


@pytest.fixture
def three(db: None) -> list[User]:
    return [factories.make_user(display_name=name) for name in ("Asha", "Bina", "Chaya")]


@compiled
def by_name(name: str, least: int) -> QuerySet[User]:
    return User.objects.filter(display_name__gte=name, pk__gte=least).order_by("display_name")


@compiled
def later_names(name: str) -> QuerySet[User, Any]:
    return User.objects.filter(display_name__gt=name).order_by("pk").values("pk", "display_name", number=F("pk") + 1)


def test_instances_are_those_of_the_queryset(three: list[User]) -> None:
    found = by_name(name="B", least=three[0].pk)
    assert found == three[1:] == list(by_name.make("B", three[0].pk))
    assert [vars(each) | {"_state": None} for each in found] == [
        vars(each) | {"_state": None} for each in by_name.make("B", three[0].pk)
    ]
    assert (found[0]._state.adding, found[0]._state.db) == (False, "default")


def test_values_and_annotations_too(three: list[User]) -> None:
    assert later_names(name="Asha") == list(later_names.make("Asha"))
    assert [each["number"] for each in later_names(name="Asha")] == [three[1].pk + 1, three[2].pk + 1]


def test_a_limit_is_given_with_the_values(three: list[User]) -> None:
    assert by_name(name="", least=0, limit=2) == three[:2]
    assert by_name(name="", least=0, limit=1) == three[:1]


def test_values_are_no_part_of_the_sql(three: list[User]) -> None:
    assert by_name(name="x' OR '1'='1", least=0) == []
    assert by_name(name="%s", least=0) == three, "which are above a per cent sign"


def test_it_is_compiled_once(three: list[User]) -> None:
    calls = []

    @compiled
    def counted(name: str) -> QuerySet[User]:
        calls.append(name)
        return User.objects.filter(display_name=name)

    assert [each.pk for name in ("Asha", "Bina") for each in counted(name=name)] == [three[0].pk, three[1].pk]
    assert len(calls) == 1


def test_constants_are_a_part_of_the_sql(three: list[User]) -> None:
    """A plan that is kept could not use an index with a condition on a parameter."""
    sql, _ = statements.lock_owner._statement.with_values({"reply_id": 1}, None)
    assert "'queued'" in sql
    assert sql.count("%s") == 1


@pytest.mark.django_db(transaction=True)
def test_its_statement_is_prepared_by_the_server() -> None:
    for _ in range(4):
        by_name(name="x", least=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert [row for row in cursor.fetchall() if "display_name" in row[0]]


def test_a_value_that_is_missing_is_an_error(three: list[User]) -> None:
    with pytest.raises(KeyError, match="least"):
        by_name(name="x")


@pytest.fixture
def session(alice: User) -> Session:
    return sessions.start(user=alice, method=Session.Method.CODE, user_agent="")


def test_a_session_comes_with_its_user_and_entitlement(session: Session) -> None:
    for has_entitlement in (False, True):
        if has_entitlement:
            Entitlement.objects.create(pk=session.user_id)
        with CaptureQueriesContext(connection) as queries:
            found = tokens._living_session(session_id=session.pk, user_id=session.user_id)[0]
            assert (found, found.user) == (session, session.user)
            assert hasattr(found.user, "entitlement") is has_entitlement
        assert len(queries) == 1
