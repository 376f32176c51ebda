"""Only recent events with Stripe's signature are accepted; nothing else is kept."""

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from billing import webhook
from billing.models import StripeEvent
from tests.billing.stripe_fixtures import event_body, post_event, signature_of
from tests.doubles.stripe.client import SECRET

pytestmark = pytest.mark.django_db

OTHER_SECRET = "whsec_of_another_endpoint"


@pytest.fixture(autouse=True)
def published(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The tasks that the webhook would publish."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    tasks: list[tuple[Any, ...]] = []
    monkeypatch.setattr(webhook, "publish", lambda *task: tasks.append(task) or True)
    return tasks


@pytest.fixture
def refused(published: list[tuple[Any, ...]]) -> Callable[..., None]:
    """Deliver what must be refused without a query and without a task."""

    def check(body: bytes, header: str, status: int = 400, **headers: str) -> None:
        with CaptureQueriesContext(connection) as queries:
            response = post_event(body, header, **headers)
        assert response.status_code == status, (response.status_code, body[:80], header)
        assert not queries.captured_queries, (body[:80], header)
        assert not published

    return check


def flipped(text: bytes, bit: int) -> bytes:
    changed = bytearray(text)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def forgeries() -> Iterator[tuple[str, bytes, str]]:
    """200 forgeries: a name, the body, the header."""
    random.seed(3)
    body = event_body()
    right, old = signature_of(body), signature_of(body, timestamp=int(time.time()) - 301)
    digest, now = right.partition("v1=")[2], int(time.time())
    plain = {
        "none": "",
        "junk": "junk",
        "another secret": signature_of(body, OTHER_SECRET),
        "an empty secret": signature_of(body, ""),
        "another body": signature_of(event_body()),
        "301 s old": old,
        "301 s old, with a new time": f"t={now},{old.partition(',')[2]}",
        "years old": signature_of(body, timestamp=0),
        "v0 alone": right.replace("v1=", "v0="),
        "no time": f"v1={digest}",
        "no digest": f"t={now}",
        "an empty digest": f"t={now},v1=",
        "half a digest": right[:-32],
        "a digest too long": right + "00",
        "the digest in capitals": f"t={now},v1={digest.upper()}",
        "a time that is no number": f"t=now,v1={digest}",
        "a time before all time": f"t=-{now},v1={digest}",
        "a time without end": f"t={'9' * 5000},v1={digest}",
        "two wrong digests": f"t={now},v1={'0' * 64},v1={'f' * 64}",
        "not ASCII": f"t={now},v1=ü{digest[1:]}",
        "NUL": f"t={now},v1=\0{digest[1:]}",
        "nothing but separators": ",=,=,,",
        "very long": "v1=" + "a" * 50_000,
    }
    for name, header in plain.items():
        yield name, body, header
    for name, other in (("another time", right), ("more", b" "), ("nothing", b"")):
        changed = b"" if name == "nothing" else body + (b"\n" if name == "more" else b" " * 2)
        yield f"a body that is {name}", changed, str(other) if isinstance(other, str) else right
    for bit in random.sample(range(len(body) * 8), 100):
        yield f"body, bit {bit}", flipped(body, bit), right
    for bit in random.sample(range(len(right) * 8), 200 - len(plain) - 3 - 100):
        yield f"header, bit {bit}", body, flipped(right.encode(), bit).decode("latin-1")


FORGERIES = list(forgeries())


def test_there_are_two_hundred_forgeries() -> None:
    assert len(FORGERIES) == 200
    assert len({name for name, _, _ in FORGERIES}) == 200


@pytest.mark.parametrize("family", ["body, bit", "header, bit", ""])
def test_a_forgery_is_refused_and_leaves_nothing(refused: Callable[..., None], family: str) -> None:
    flips = ("body, bit", "header, bit")
    for name, body, header in FORGERIES:
        if name.startswith(family) if family else not name.startswith(flips):
            refused(body, header)
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"null",
        b"[]",
        b"{}",
        b'"event"',
        b"NaN",
        b"\0",
        b"\xff\xfe",
        b"{",
        b"[" * 3000 + b"]" * 3000,
        b"9" * 5000,
        event_body(id=""),
        event_body(id=None),
        event_body(id=["evt_1"]),
        event_body(type=""),
        event_body(type={"a": "b"}),
        event_body(data=None),
        event_body(data={"object": None}),
        event_body(data={"object": "sub_1"}),
        event_body(data=[]),
    ],
    ids=lambda body: body[:30].decode("latin-1") + f" ({len(body)})",
)
def test_a_signed_body_that_is_no_event_is_refused(refused: Callable[..., None], body: bytes) -> None:
    refused(body, signature_of(body))


@pytest.mark.parametrize("name", ["id", "type"])
def test_text_that_postgresql_cannot_store_is_no_server_error(name: str) -> None:
    for text in ("\0", "a\0b", "\ud800", "a\udfffb", "x" * 100_000):
        body = event_body(**{name: text})
        assert post_event(body).status_code in (200, 400), text[:10]


@pytest.mark.parametrize(
    "subject",
    [
        {},
        {"id": 5, "customer": 7},
        {"id": "\ud800", "customer": "\ud800"},
        {"id": "sub_1", "customer": {"id": "cus_1", "object": "customer"}},
        {"id": "sub_1", "customer": {"id": ["cus_1"]}},
        {"id": "sub_1", "customer": ["cus_1"]},
        {"object": "customer", "id": {"a": "b"}},
        {"object": "customer", "id": "c" * 1000},
    ],
)
def test_an_event_about_an_odd_object_is_accepted(subject: dict[str, Any], published: list[tuple[Any, ...]]) -> None:
    assert post_event(event_body(data={"object": subject})).status_code == 200
    row = StripeEvent.objects.get()
    assert len(row.customer_id) <= 255
    assert "[" not in row.customer_id
    assert "{" not in row.customer_id
    assert len(published) == 1


def with_two_digests(body: bytes) -> str:
    time_part, right = signature_of(body).split(",")
    return f"{time_part},v1={'0' * 64},{right},v0=old"


@pytest.mark.parametrize(
    "header_of",
    [
        signature_of,
        with_two_digests,
        lambda body: signature_of(body, timestamp=int(time.time()) - 290),
        lambda body: signature_of(body) + ",v2=of the future",
    ],
    ids=["plain", "two digests, one right", "290 s old", "a scheme of the future"],
)
def test_what_stripe_signed_is_stored_once_and_published_once(
    header_of: Callable[[bytes], str], published: list[tuple[Any, ...]]
) -> None:
    body = event_body()
    response = post_event(body, header_of(body))
    assert (response.status_code, response.json()) == (200, {"status": "success"})
    row = StripeEvent.objects.get()
    event = json.loads(body)
    subject = event["data"]["object"]
    assert (row.event_id, row.type) == (event["id"], event["type"])
    assert (row.customer_id, row.object_id) == (subject["customer"], subject["id"])
    assert published == [("billing.tasks.process_event", row.pk)]
    assert post_event(body, header_of(body)).status_code == 200
    assert StripeEvent.objects.count() == 1
    assert len(published) == 1


@pytest.mark.parametrize("secrets", [[], [""], [" "], ["", " ", "\t"]])
def test_without_a_secret_every_event_is_refused(
    refused: Callable[..., None], settings: Any, secrets: list[str]
) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = secrets
    for tried in ("", " ", "\t", SECRET):
        body = event_body()
        refused(body, signature_of(body, tried))
    refused(event_body(), "")


def test_a_secret_in_a_header_is_ignored_even_in_development(refused: Callable[..., None], settings: Any) -> None:
    settings.DEBUG = True
    body = event_body()
    refused(body, signature_of(body, OTHER_SECRET), **{"x-djstripe-webhook-secret": OTHER_SECRET})


def test_both_secrets_are_accepted_while_they_are_rolled(
    refused: Callable[..., None], settings: Any, published: list[tuple[Any, ...]]
) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [OTHER_SECRET, SECRET]
    for secret in (SECRET, OTHER_SECRET):
        body = event_body()
        assert post_event(body, signature_of(body, secret)).status_code == 200
    assert StripeEvent.objects.count() == len(published) == 2
    settings.STRIPE_WEBHOOK_SECRETS = [OTHER_SECRET]
    published.clear()
    body = event_body()
    refused(body, signature_of(body, SECRET))
    assert post_event(body, signature_of(body, OTHER_SECRET)).status_code == 200


def test_the_body_may_have_512_kib_and_not_a_byte_more(refused: Callable[..., None]) -> None:
    body = event_body()
    largest = body + b" " * (512 * 1024 - len(body))
    refused(largest + b" ", signature_of(largest + b" "), status=413)
    assert post_event(largest).status_code == 200
    assert StripeEvent.objects.count() == 1


def test_a_body_over_the_limit_is_refused_with_any_signature(refused: Callable[..., None]) -> None:
    refused(b"x" * 2_000_000, "", status=413)


@pytest.mark.parametrize("address", ["evil", "\0", "1.2.3.4, ;drop", "::1%eth0", "ü", "1" * 5000])
def test_a_forwarded_address_is_harmless(refused: Callable[..., None], address: str) -> None:
    refused(event_body(), "junk", **{"X-Forwarded-For": address, "X-Real-IP": address})
    body = event_body()
    assert post_event(body, signature_of(body), **{"X-Forwarded-For": address}).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_post_is_accepted(method: str) -> None:
    assert getattr(APIClient(), method)("/webhook/stripe").status_code == 405


@pytest.mark.parametrize(("live_here", "livemode"), [(False, True), (True, False), (True, None)])
def test_an_event_of_the_other_mode_is_accepted_and_not_stored(
    settings: Any, published: list[tuple[Any, ...]], live_here: bool, livemode: Any
) -> None:
    settings.STRIPE_LIVE_MODE = live_here
    assert post_event(event_body(livemode=livemode)).status_code == 200
    assert not StripeEvent.objects.exists()
    assert not published


@pytest.mark.parametrize("requests", [300, pytest.param(5000, marks=pytest.mark.faults)])
def test_random_requests_are_refused_and_leave_nothing(published: list[tuple[Any, ...]], requests: int) -> None:
    random.seed(7)
    fragments = [b"{", b"}", b"[", b'"object"', b":", b'"event"', b",", b"\0", b"\xff", b"1e999", b"null", b'"\\ud800"']
    for round_ in range(requests):
        if round_ % 2:
            body = random.randbytes(random.choice([0, 1, 7, 60, 500]))
        else:
            body = b"".join(random.choices(fragments, k=random.randint(0, 30)))
        header = random.choice(
            [
                signature_of(body),
                "".join(map(chr, random.choices(range(256), k=random.randint(0, 90)))),
                f"t={random.choice(['', '0', 'x', str(int(time.time()))])},v1={random.randbytes(32).hex()}",
            ]
        )
        response = post_event(body, header, **{"X-Forwarded-For": random.randbytes(6).decode("latin-1")})
        assert response.status_code == 400, (response.status_code, body, header)
    assert not StripeEvent.objects.exists()
    assert not published


def test_a_thin_event_is_accepted_and_ignored() -> None:
    response = post_event(event_body(object="v2.core.event", data=None))
    assert (response.status_code, StripeEvent.objects.count()) == (200, 0)
