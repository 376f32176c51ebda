"""Only our own, right-kind, in-date tokens count."""

import base64
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import jwt
import pytest

from accounts.models import Session
from tests.accounts.conftest import problem

pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def signed(settings: Any, claims: dict[str, Any], **options: Any) -> str:
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, **{"algorithm": "HS256", **options})


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forgeries(settings: Any, own: str, other_kind: str) -> Iterator[str]:
    claims = claims_of(own)
    header, payload, signature = own.split(".")
    for algorithm in ("none", "None", "NONE", "nOnE", "HS512", "RS256", "ES256", "", None, 7):
        for ending in ("", signature):
            yield f"{part({'alg': algorithm, 'typ': 'JWT'})}.{payload}.{ending}"
    for algorithm in ("HS384", "HS512"):
        yield signed(settings, claims, algorithm=algorithm)
    for key in ("", "secret", "a-secret-key-for-tests-and-for-nothing-else", settings.JWT_SIGNING_KEY[:-1]):
        yield jwt.encode(claims, key or " ", algorithm="HS256")
    for extra in ({"kid": "../../dev/null"}, {"jku": "http://127.0.0.1:9/keys"}, {"jwk": {"kty": "oct", "k": ""}}):
        yield jwt.encode(claims, "the key that the header names, 32 bytes", algorithm="HS256", headers=extra)
    now = int(time.time())
    for change in (
        {"aud": "another"}, {"aud": None}, {"iss": "another"}, {"iss": None}, {"exp": now - 1}, {"exp": None},
        {"exp": "tomorrow"}, {"nbf": now + 60}, {"iat": now + 60}, {"token_type": None}, {"token_type": "untyped"},
        {"jti": None}, {"jti": "x"}, {"sid": None}, {"sid": "x"}, {"sid": 7}, {"sid": str(uuid4())}, {"user_id": None},
        {"user_id": "0"}, {"user_id": "x"}, {"user_id": "1' OR 1=1"},
    ):  # fmt: skip
        changed = {name: value for name, value in {**claims, **change}.items() if value is not None}
        yield signed(settings, changed)
    yield other_kind
    yield from ("x", "..", "a.b", f"{header}.{payload}", f"{own}.x", own[:-1], own.upper(), "é.é.é", "漢.漢.漢")


def mutations(own: str, count: int) -> Iterator[str]:
    """The token with one byte flipped; what decodes to the same bytes (a bit of base64's padding) is left out."""
    chance = random.Random(7)
    made = 0
    while made < count:
        position = chance.randrange(len(own))
        mutated = own[:position] + chance.choice("ABCDEFabcdef0189-_.") + own[position + 1 :]
        if _decoded(mutated) != _decoded(own):
            made += 1
            yield mutated


def _decoded(token: str) -> list[bytes]:
    return [
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b"?"
        for part in token.split(".")
    ]


@pytest.fixture
def tokens(number: str, sign_in: Callable[..., Any]) -> dict[str, Any]:
    return dict(sign_in(number))


def test_no_forged_access_token_is_accepted(client: Any, tokens: dict[str, Any], settings: Any) -> None:
    own = tokens["access_token"]
    bad = [*forgeries(settings, own, tokens["refresh_token"]), *mutations(own, 400)]
    refused = [client.ask("/user/me", token) for token in bad]
    assert {response.status_code for response in refused} == {401}
    assert client.ask("/user/me", own).status_code == 200


@pytest.mark.parametrize("flips", [100, pytest.param(400, marks=pytest.mark.faults)])
def test_no_forged_refresh_token_is_accepted(client: Any, tokens: dict[str, Any], settings: Any, flips: int) -> None:
    own = tokens["refresh_token"]
    bad = [*forgeries(settings, own, tokens["access_token"]), *mutations(own, flips)]
    refused = [client.send("/auth/refresh", refresh_token=token) for token in bad]
    assert {response.status_code for response in refused} == {401}
    assert Session.objects.get().revoked_at is None, "a forgery ended the family"
    assert client.send("/auth/refresh", refresh_token=own).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [({"exp": 1}, "token_expired"), ({"aud": "x"}, "token_invalid"), ({"user_id": "1"}, "session_ended")],
)
def test_each_refusal_has_its_code(
    client: Any, tokens: dict[str, Any], settings: Any, change: dict[str, Any], code: str
) -> None:
    for path, name in (("/user/me", "access_token"), ("/auth/refresh", "refresh_token")):
        token = signed(settings, {**claims_of(tokens[name]), **change})
        response = client.ask(path, token) if name == "access_token" else client.send(path, refresh_token=token)
        assert problem(response) == (401, code)


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Basic eDp5", "Token x", "bearer x", "", "Bearer \x00"])
def test_a_header_of_another_form_is_no_sign_in(client: Any, header: str) -> None:
    assert problem(client.get("/user/me", HTTP_AUTHORIZATION=header))[0] == 401


def test_an_access_token_names_its_session_for_fifteen_minutes(tokens: dict[str, Any]) -> None:
    claims = claims_of(tokens["access_token"])
    assert set(claims) == {"token_type", "exp", "jti", "sid", "user_id", "aud", "iss"}
    assert claims["sid"] == Session.objects.get().pk.hex
    assert 0 <= time.time() + 900 - claims["exp"] < 60


def test_an_access_token_that_was_valid_expires(
    client: Any, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its signature is checked once, its time with every request."""
    own = tokens["access_token"]
    assert client.ask("/user/me", own).status_code == 200
    monkeypatch.setattr("accounts.tokens.time.time", lambda: claims_of(own)["exp"])
    assert problem(client.ask("/user/me", own)) == (401, "token_expired")


@pytest.mark.parametrize("value", [7, ["x"], {"a": 1}, None, True, "\ud800", "x" * 5000, "\x00", "\u2028"])
def test_what_is_no_text_is_no_refresh_token(client: Any, value: Any) -> None:
    response = client.post("/auth/refresh", json.dumps({"refresh_token": value}), content_type="application/json")
    assert response.status_code in (400, 401)
