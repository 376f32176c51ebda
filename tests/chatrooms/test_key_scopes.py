"""What an API key may do: a matrix of keys, scopes and every operation of the contract."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from accounts.api_keys.scopes import Refusal, ScopePermission, scope_of
from accounts.models import Scope, User
from tests.chatrooms.operations import BODIES, MISSING, OPEN, OPERATIONS, ask, code_of, state
from tests.clients import with_key

pytestmark = pytest.mark.django_db

READ, WRITE, SEND, FILES = Scope.ROOMS_READ, Scope.ROOMS_WRITE, Scope.MESSAGES_WRITE, Scope.FILES

SCOPES: dict[str, Scope | None] = {
    "GET /chatroom": READ,
    "POST /chatroom": WRITE,
    "GET /chatroom/{room_id}": READ,
    "PATCH /chatroom/{room_id}": WRITE,
    "DELETE /chatroom/{room_id}": WRITE,
    "GET /chatroom/{room_id}/export": READ,
    "POST /chatroom/{room_id}/message": SEND,
    "GET /chatroom/{room_id}/messages": READ,
    "GET /message/{message_id}": READ,
    "PATCH /message/{message_id}": SEND,
    "GET /message/{message_id}/replies": READ,
    "GET /message/{message_id}/stream": READ,
    "POST /message/{message_id}/stop": SEND,
    "POST /message/{message_id}/retry": SEND,
    "POST /message/{message_id}/regenerate": SEND,
    "DELETE /messages/cleanup": SEND,
    "GET /search": READ,
    "POST /files": FILES,
    "POST /files/uploads": FILES,
    "GET /files/{file_id}": FILES,
    "DELETE /files/{file_id}": FILES,
    "POST /files/{file_id}/complete": FILES,
    "GET /files/{file_id}/content": FILES,
    "POST /v1/chat/completions": SEND,
    "GET /v1/models": SEND,
    "GET /v1/models/{model}": SEND,
    "POST /v1/responses": SEND,
    "GET /v1/responses/{response_id}": READ,
    "DELETE /v1/responses/{response_id}": WRITE,
    "POST /v1/responses/{response_id}/cancel": SEND,
    "POST /v1/ui/chat": SEND,
    "GET /v1/ui/chat/{chat_id}/stream": READ,
    "DELETE /v1/ui/chat/{chat_id}/stream": SEND,
    "GET /usage": Scope.USAGE_READ,
    "GET /webhook-endpoints": Scope.WEBHOOKS,
    "POST /webhook-endpoints": Scope.WEBHOOKS,
    "GET /webhook-endpoints/{endpoint_id}": Scope.WEBHOOKS,
    "PATCH /webhook-endpoints/{endpoint_id}": Scope.WEBHOOKS,
    "DELETE /webhook-endpoints/{endpoint_id}": Scope.WEBHOOKS,
    "POST /webhook-endpoints/{endpoint_id}/rotate": Scope.WEBHOOKS,
    "POST /webhook-endpoints/{endpoint_id}/test": Scope.WEBHOOKS,
    "GET /webhook-endpoints/{endpoint_id}/deliveries": Scope.WEBHOOKS,
    "POST /webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay": Scope.WEBHOOKS,
    "GET /api-keys": None,
    "POST /api-keys": None,
    "DELETE /api-keys/{key_id}": None,
    "POST /api-keys/{key_id}/rotate": None,
    "POST /auth/change-number": None,
    "POST /auth/change-number/confirm": None,
    "POST /auth/change-password": None,
    "POST /auth/logout-all": None,
    "GET /auth/sessions": None,
    "DELETE /auth/sessions/{session_id}": None,
    "POST /subscribe/pro": None,
    "POST /subscription/portal": None,
    "GET /subscription/status": None,
    "GET /user/me": None,
    "PATCH /user/me": None,
    "DELETE /user/me": None,
    "GET /user/me/export": None,
}
"""The scope that each operation needs; None where no key may do it. An operation without a line fails a test."""


def test_every_operation_has_a_decision_about_keys() -> None:
    assert SCOPES.keys() == OPERATIONS.keys() - OPEN


@pytest.mark.parametrize("operation", SCOPES)
def test_every_other_scope_is_refused(operation: str, alice: User, ids: dict[str, Any]) -> None:
    """One key with each, one with all others together, one with none."""
    others = [scope for scope in Scope if scope != SCOPES[operation]]
    clients = [with_key(alice, *scopes) for scopes in ([], *([scope] for scope in others), others)]
    before = state()
    answers = [ask(client, operation, **ids) for client in clients]
    assert {(answer.status_code, code_of(answer)) for answer in answers} == {(403, "scope_missing")}
    named = [answer.json().get("scope") for answer in answers if "error" not in answer.json()]
    assert named == [SCOPES[operation]] * len(named)
    assert state() == before


@pytest.mark.parametrize("operation", [name for name, scope in SCOPES.items() if scope])
def test_the_one_scope_is_enough(operation: str, alice: User, ids: dict[str, Any]) -> None:
    scope = SCOPES[operation]
    assert scope is not None
    answer = ask(with_key(alice, scope), operation, **ids)
    assert answer.status_code not in (401, 403), answer.content


@pytest.mark.parametrize("operation", [name for name in BODIES if SCOPES[name]])
def test_a_strangers_key_gets_404_and_changes_nothing(operation: str, mallory: User, ids: dict[str, Any]) -> None:
    theirs = with_key(mallory, *Scope)
    before = state()
    answer, missing = ask(theirs, operation, **ids), ask(theirs, operation, **MISSING)
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert answer.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert state() == before


@pytest.mark.parametrize("operation", [name for name in BODIES if SCOPES[name]])
def test_a_key_of_a_disabled_user_gets_401(operation: str, alice: User, ids: dict[str, Any]) -> None:
    client = with_key(alice, *Scope)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    before = state()
    assert ask(client, operation, **ids).status_code == 401
    assert state() == before


def views() -> Iterator[tuple[str, Any, str]]:
    """Each operation with the class of its view, and what handles it there."""
    for entry in get_resolver().url_patterns:
        view = getattr(getattr(entry, "callback", None), "cls", None)
        if not isinstance(entry, URLPattern) or view is None:
            continue
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(entry.pattern))
        actions = getattr(entry.callback, "actions", None) or {}
        for method in ("get", "post", "patch", "delete"):
            name = f"{method.upper()} {path}"
            if name in OPERATIONS and name not in OPEN:
                yield name, view, actions.get(method, method)


def test_every_view_says_its_scope_and_has_it_checked() -> None:
    found = {name: scope_of(view, handler) for name, view, handler in views()}
    said = {name: scope if isinstance(scope, Scope) else None for name, scope in found.items()}
    assert said == SCOPES
    assert Refusal.UNDECIDED not in found.values()
    assert [name for name, view, _ in views() if ScopePermission not in view.permission_classes] == []


def test_a_view_that_says_nothing_refuses_every_key(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from billing.views import UsageView

    monkeypatch.delattr(UsageView.get, "key_scope")
    answer = with_key(alice, *Scope).get("/usage")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_the_contract_names_the_scope_of_every_operation() -> None:
    takes_keys = {name for name in SCOPES if {"apiKey": []} in OPERATIONS[name]["security"]}
    assert {name: OPERATIONS[name].get("x-scope") for name in SCOPES} == SCOPES
    assert takes_keys == {name for name, scope in SCOPES.items() if scope}


def test_files_are_sent_only_by_a_key_that_may_read_them(
    alice: User, ids: dict[str, Any], client_of: Callable[[User], APIClient]
) -> None:
    """The model would read the file to it."""
    path, body = f"/chatroom/{ids['room_id']}/message", {"content": "Read it", "file_ids": [ids["file_id"]]}
    before = state()
    refused = with_key(alice, Scope.MESSAGES_WRITE).post(path, body)
    assert (refused.status_code, refused.json()["scope"]) == (403, "files")
    assert {name: digest for name, digest in state() if name != "accounts_apikey"} == {
        name: digest for name, digest in before if name != "accounts_apikey"
    }
    assert with_key(alice, Scope.MESSAGES_WRITE, Scope.FILES).post(path, body).status_code == 202


def test_the_schema_is_not_read_by_a_key(alice: User, settings: Any) -> None:
    settings.DOCS_OPEN = False
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert with_key(alice, *Scope).get("/schema").status_code == 401
