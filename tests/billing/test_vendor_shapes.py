"""What the pretend Stripe sends has the types of the installed SDK: when Stripe changes them, these tests fail."""

import copy
import sys
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

import pytest
import stripe
import stripe.billing_portal
import stripe.checkout
import stripe.radar
from django.conf import settings

from tests.doubles.stripe.client import KEY, StripeDouble
from tests.doubles.stripe.objects import API_VERSION

Kind = type[stripe.StripeObject]


class _Names(dict[str, Any]):
    """The names that annotations use: the SDK imports most of them only for type checkers."""

    def __missing__(self, name: str) -> Any:
        for module in (stripe, stripe.checkout, stripe.billing_portal, stripe.radar, typing):
            if hasattr(module, name):
                return getattr(module, name)
        return stripe.StripeObject


def faults(  # noqa: C901  one branch per kind of annotation
    value: Any, annotation: Any, module: types.ModuleType, path: str
) -> Iterator[str]:
    """Where `value` is not what `annotation` allows."""
    annotation = _resolved(annotation, module)
    origin, choices = get_origin(annotation), get_args(annotation)
    if annotation in (Any, Decimal):  # decimals are sent as text
        return
    if origin is Union:
        yield from min((list(faults(value, choice, module, path)) for choice in choices), key=len)
    elif origin is Literal:
        if value not in choices:
            yield f"{path}: {value!r} is none of {choices[:6]}"
    elif origin is list:
        yield from _list_faults(value, choices[0], module, path)
    elif origin is stripe.ListObject:
        yield from _list_faults((value or {}).get("data"), choices[0], module, f"{path}.data")
    elif _is_untyped(origin or annotation):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
    elif issubclass(annotation, stripe.StripeObject):
        yield from object_faults(value, annotation, path)
    elif type(value) is not annotation:
        yield f"{path}: {value!r} is no {annotation.__name__}"


def _resolved(annotation: Any, module: types.ModuleType) -> Any:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    return eval(annotation, {}, _Names(vars(module))) if isinstance(annotation, str) else annotation


def _is_untyped(kind: Any) -> bool:
    return kind is stripe.StripeObject or getattr(kind, "__name__", "") == "UntypedStripeObject"


def _list_faults(value: Any, annotation: Any, module: types.ModuleType, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for index, item in enumerate(value):
        yield from faults(item, annotation, module, f"{path}[{index}]")


def object_faults(value: Any, kind: Kind, path: str) -> Iterator[str]:
    """Where an object is not one of `kind`: a field missing, null, of another type, or unknown."""
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    module = sys.modules[kind.__module__]
    fields = {name: of for name, of in kind.__annotations__.items() if get_origin(of) is not ClassVar}
    fields = {name: of for name, of in fields.items() if not name.startswith("_") and name != "OBJECT_NAME"}
    for name, annotation in fields.items():
        if name in value:
            yield from faults(value[name], annotation, module, f"{path}.{name}")
        elif not _may_be_absent(annotation):
            yield f"{path}.{name}: missing"
    yield from (f"{path}.{name}: unknown" for name in value if name not in fields and name != "object")


def _may_be_absent(annotation: Any) -> bool:
    return get_origin(annotation) is Union and type(None) in get_args(annotation)


KINDS: dict[str, tuple[str, Kind]] = {
    "customer": ("/v1/customers", stripe.Customer),
    "product": ("/v1/products", stripe.Product),
    "price": ("/v1/prices", stripe.Price),
    "subscription": ("/v1/subscriptions?status=all", stripe.Subscription),
    "invoice": ("/v1/invoices", stripe.Invoice),
    "checkout.session": ("/v1/checkout/sessions", stripe.checkout.Session),
    "charge": ("/v1/charges", stripe.Charge),
    "dispute": ("/v1/disputes", stripe.Dispute),
    "radar.early_fraud_warning": ("/v1/radar/early_fraud_warnings", stripe.radar.EarlyFraudWarning),
    "event": ("/v1/events?limit=100", stripe.Event),
}


@pytest.fixture(scope="module")
def sent() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Every object of a subscription from start to end, as it was sent."""
    with StripeDouble() as double:
        client = stripe.StripeClient(KEY, base_addresses={"api": double.base_url}, stripe_version=API_VERSION).v1
        client.products.create({"id": "pro", "name": "Pro"})
        price = client.prices.create(
            {"product": "pro", "currency": "usd", "unit_amount": 999, "recurring": {"interval": "month"}}
        )
        customer = client.customers.create({"metadata": {"user": "1"}})
        session = client.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer.id,
                "line_items": [{"price": price.id, "quantity": 1}],
                "success_url": "http://127.0.0.1/done",
            }
        )
        portal = client.billing_portal.sessions.create({"customer": customer.id, "return_url": "http://127.0.0.1/"})
        assert session.url
        double.pay(session.url, "fails_later")
        [subscription] = client.subscriptions.list({"customer": customer.id}).data
        double.to_period_end(subscription.id)  # its renewal fails
        double.at_portal(portal.url, "card_works")
        charge = double.charge_of(customer.id)
        double.decide(double.dispute(charge), "lost")
        double.refund(charge, 100)
        double.warn(charge)
        double.at_portal(portal.url, "cancel")
        double.to_period_end(subscription.id)
        things = {kind: raw(double, path) for kind, (path, _) in KINDS.items()}
        yield {**things, "billing_portal.session": [portal.to_dict()]}


def raw(double: StripeDouble, path: str) -> list[dict[str, Any]]:
    import requests

    found = requests.get(double.base_url + path, headers={"Authorization": f"Bearer {KEY}"}, timeout=120).json()
    return list(found["data"])


@pytest.mark.parametrize("kind", [*KINDS, "billing_portal.session"])
def test_what_it_sends_is_what_the_sdk_expects(sent: dict[str, list[dict[str, Any]]], kind: str) -> None:
    of = KINDS[kind][1] if kind in KINDS else stripe.billing_portal.Session
    assert sent[kind], "nothing was sent"
    assert [fault for thing in sent[kind] for fault in object_faults(thing, of, kind)] == []


def test_the_object_in_an_event_has_its_own_type(sent: dict[str, list[dict[str, Any]]]) -> None:
    inside = [event["data"]["object"] for event in sent["event"]]
    assert {each["object"] for each in inside} >= {"customer", "subscription", "invoice", "checkout.session"}
    found = [fault for each in inside for fault in object_faults(each, KINDS[each["object"]][1], each["object"])]
    assert found == []


def old_period(subscription: dict[str, Any]) -> None:
    for item in subscription["items"]["data"]:
        subscription["current_period_end"] = item.pop("current_period_end")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (old_period, "subscription.items.data[0].current_period_end: missing"),
        (old_period, "subscription.current_period_end: unknown"),
        (lambda each: each.pop("status"), "subscription.status: missing"),
        (lambda each: each.update(currency=None), "subscription.currency: None is no str"),
        (lambda each: each.update(created="1"), "subscription.created: '1' is no int"),
        (lambda each: each.update(surprise=1), "subscription.surprise: unknown"),
        (lambda each: each["automatic_tax"].pop("enabled"), "subscription.automatic_tax.enabled: missing"),
    ],
)
def test_another_shape_is_caught(sent: dict[str, list[dict[str, Any]]], spoil: Any, fault: str) -> None:
    spoilt = copy.deepcopy(sent["subscription"][0])
    spoil(spoilt)
    assert fault in list(object_faults(spoilt, stripe.Subscription, "subscription"))


def test_everything_uses_one_version_of_the_api() -> None:
    assert settings.STRIPE_API_VERSION == API_VERSION
    assert stripe.api_version == API_VERSION
    from stripe._api_version import _ApiVersion

    assert _ApiVersion.CURRENT == API_VERSION, "the SDK was made for another version: read Stripe's changelog first"
