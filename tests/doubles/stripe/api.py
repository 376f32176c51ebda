"""The routes under /v1, as Stripe has them: as many as Kuvaka and dj-stripe use."""

import re
from collections.abc import Callable
from typing import Any

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import Thing
from tests.doubles.stripe.state import ENDED, OURS, Refused, World

Handler = Callable[..., Thing]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register what answers `method` at `path`; `{id}` stands for an id."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(path.replace("{id}", "([^/]+)")), handler))
        return handler

    return register


def answer(world: World, base: str, method: str, path: str, params: Thing) -> Thing:
    """Answer a call.

    Raises:
        Refused: as Stripe would.
    """
    for wanted, pattern, handler in ROUTES:
        if wanted == method and (match := pattern.fullmatch(path)):
            return _shown(handler(world, params, *match.groups()), base, params, world)
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def _shown(thing: Thing, base: str, params: Thing, world: World) -> Thing:
    """The thing as it is sent: with addresses of this server, and with what `expand` asks for."""
    if thing["object"] == "list":
        return {**thing, "data": [_shown(each, base, {}, world) for each in thing["data"]]}
    if thing["object"] == "checkout.session":
        thing = {name: value for name, value in thing.items() if name not in OURS}
        thing["url"] = f"{base}/c/pay/{thing['id']}" if thing["status"] == "open" else None
    if thing["object"] == "billing_portal.session":
        thing = {**thing, "url": f"{base}/p/session/{thing['id']}"}
    if thing["object"] == "price" and "product" in params.get("expand", []):
        thing = {**thing, "product": world.get("products", thing["product"])}
    if "charge" in params.get("expand", []) and "charge" in thing:
        thing = {**thing, "charge": world.get("charges", thing["charge"])}
    return thing


def _page(things: list[Thing], params: Thing, url: str) -> Thing:
    """Newest first, `limit` of them, after `starting_after`."""
    newest_first = things[::-1]
    if after := params.get("starting_after"):
        ids = [each["id"] for each in newest_first]
        newest_first = newest_first[ids.index(after) + 1 :] if after in ids else []
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        raise Refused("Limit must be from 1 to 100.")
    return objects.listed(newest_first[:limit], url=url, has_more=len(newest_first) > limit)


def _all(world: World, kind: str, **wanted: Any) -> list[Thing]:
    things = world.things[kind].values()
    return [each for each in things if all(each.get(name) == value for name, value in wanted.items() if value)]


@route("GET", "/v1/account")
def _account(world: World, params: Thing) -> Thing:
    return {"id": "acct_pretended", "object": "account", "settings": {"branding": {"icon": None, "logo": None}}}


@route("GET", "/v1/webhook_endpoints")
def _webhook_endpoints(world: World, params: Thing) -> Thing:
    told = {"object": "webhook_endpoint", "status": "enabled", "enabled_events": ["*"], "livemode": False}
    found = [{"id": "we_pretended", "url": world.endpoint(), **told}] if world.endpoint() else []
    return _page(found, params, "/v1/webhook_endpoints")


@route("POST", "/v1/customers")
def _create_customer(world: World, params: Thing) -> Thing:
    if params.get("email") == "":
        raise Refused("You passed an empty string for 'email'.", code="parameter_invalid_empty")
    customer = world.add("customers", objects.customer(now=world.now, params=params))
    world.tell("customer.created", customer)
    return customer


@route("GET", "/v1/customers")
def _customers(world: World, params: Thing) -> Thing:
    living = [each for each in world.things["customers"].values() if not each.get("deleted")]
    return _page(living, params, "/v1/customers")


@route("GET", "/v1/customers/{id}")
def _customer(world: World, params: Thing, customer_id: str) -> Thing:
    return world.get("customers", customer_id)


@route("POST", "/v1/customers/{id}")
def _update_customer(world: World, params: Thing, customer_id: str) -> Thing:
    customer = world.get("customers", customer_id)
    customer["metadata"] |= params.pop("metadata", {})
    customer |= {name: value for name, value in params.items() if name in ("email", "name", "phone")}
    world.tell("customer.updated", customer)
    return customer


@route("DELETE", "/v1/customers/{id}")
def _delete_customer(world: World, params: Thing, customer_id: str) -> Thing:
    return world.delete_customer(customer_id)


@route("POST", "/v1/products")
def _create_product(world: World, params: Thing) -> Thing:
    if params.get("id") in world.things["products"]:
        raise Refused("Product already exists.", code="resource_already_exists")
    return world.add("products", objects.product(now=world.now, params=params))


@route("GET", "/v1/products")
def _products(world: World, params: Thing) -> Thing:
    return _page(_all(world, "products"), params, "/v1/products")


@route("GET", "/v1/products/{id}")
def _product(world: World, params: Thing, product_id: str) -> Thing:
    return world.get("products", product_id)


@route("POST", "/v1/products/{id}")
def _update_product(world: World, params: Thing, product_id: str) -> Thing:
    product = world.get("products", product_id)
    product |= {name: _plain(value) for name, value in params.items() if name in ("active", "name", "description")}
    world.tell("product.updated", product)
    return product


@route("GET", "/v1/products/{id}/features")
def _features(world: World, params: Thing, product_id: str) -> Thing:
    return objects.listed([], url=f"/v1/products/{product_id}/features")


@route("POST", "/v1/prices")
def _create_price(world: World, params: Thing) -> Thing:
    world.get("products", params["product"])
    for other in _all(world, "prices", lookup_key=params.get("lookup_key")) if params.get("lookup_key") else []:
        if params.get("transfer_lookup_key") != "true":
            raise Refused("A price with this lookup key exists.", code="resource_already_exists")
        other["lookup_key"] = None
    price = world.add("prices", objects.price(now=world.now, params=params))
    world.tell("price.created", price)
    return price


@route("GET", "/v1/prices")
def _prices(world: World, params: Thing) -> Thing:
    keys = params.get("lookup_keys")
    found = [each for each in world.things["prices"].values() if not keys or each["lookup_key"] in keys]
    return _page(found, params, "/v1/prices")


@route("GET", "/v1/prices/{id}")
def _price(world: World, params: Thing, price_id: str) -> Thing:
    return world.get("prices", price_id)


@route("POST", "/v1/prices/{id}")
def _update_price(world: World, params: Thing, price_id: str) -> Thing:
    price = world.get("prices", price_id)
    price |= {name: _plain(value) for name, value in params.items() if name == "active"}
    world.tell("price.updated", price)
    return price


@route("POST", "/v1/checkout/sessions")
def _create_session(world: World, params: Thing) -> Thing:
    if world.get("customers", params["customer"]).get("deleted"):
        raise Refused(f"No such customer: '{params['customer']}'", code="resource_missing", status=404)
    try:
        price = world.get("prices", params["line_items"][0]["price"])
    except Refused as refusal:
        refusal.param = "line_items[0][price]"
        raise
    if not price["active"]:
        raise Refused("The price specified is inactive.", param="line_items[0][price]")
    session = objects.checkout_session(now=world.now, params=params, price=price)
    session["price_id"] = price["id"]
    session["subscription_metadata"] = (params.get("subscription_data") or {}).get("metadata") or {}
    return world.add("sessions", session)


@route("GET", "/v1/checkout/sessions")
def _sessions(world: World, params: Thing) -> Thing:
    world.advance(0)
    found = _all(world, "sessions", customer=params.get("customer"), status=params.get("status"))
    return _page(found, params, "/v1/checkout/sessions")


@route("GET", "/v1/checkout/sessions/{id}")
def _session(world: World, params: Thing, session_id: str) -> Thing:
    return world.get("sessions", session_id)


@route("POST", "/v1/checkout/sessions/{id}/expire")
def _expire_session(world: World, params: Thing, session_id: str) -> Thing:
    session = world.get("sessions", session_id)
    if session["status"] != "open":
        raise Refused(f"Only Checkout Sessions with a status of open can be expired; this one is {session['status']}.")
    session["status"] = "expired"
    world.tell("checkout.session.expired", _shown(session, "", {}, world))
    return session


@route("POST", "/v1/billing_portal/sessions")
def _create_portal(world: World, params: Thing) -> Thing:
    if world.get("customers", params["customer"]).get("deleted"):
        raise Refused(f"No such customer: '{params['customer']}'", code="resource_missing", status=404)
    return world.add("portals", objects.portal_session(now=world.now, params=params))


@route("GET", "/v1/subscriptions")
def _subscriptions(world: World, params: Thing) -> Thing:
    found = _all(world, "subscriptions", customer=params.get("customer"))
    status = params.get("status")
    if status and status != "all":
        found = [each for each in found if each["status"] == status]
    elif not status:
        found = [each for each in found if each["status"] != "canceled"]
    return _page(found, params, "/v1/subscriptions")


@route("GET", "/v1/subscriptions/{id}")
def _subscription(world: World, params: Thing, subscription_id: str) -> Thing:
    return world.get("subscriptions", subscription_id)


@route("POST", "/v1/subscriptions/{id}")
def _update_subscription(world: World, params: Thing, subscription_id: str) -> Thing:
    subscription = world.get("subscriptions", subscription_id)
    if subscription["status"] in ENDED:
        raise Refused(f"No such subscription: '{subscription_id}'", code="resource_missing", status=404)
    subscription["metadata"] |= params.get("metadata", {})
    if "cancel_at_period_end" in params:
        subscription["cancel_at_period_end"] = _plain(params["cancel_at_period_end"])
    world.tell("customer.subscription.updated", subscription)
    return subscription


@route("DELETE", "/v1/subscriptions/{id}")
def _cancel_subscription(world: World, params: Thing, subscription_id: str) -> Thing:
    subscription = world.get("subscriptions", subscription_id)
    if subscription["status"] in ENDED:
        raise Refused(f"No such subscription: '{subscription_id}'", code="resource_missing", status=404)
    world.end(subscription)
    return subscription


@route("GET", "/v1/invoices")
def _invoices(world: World, params: Thing) -> Thing:
    return _page(_all(world, "invoices", customer=params.get("customer")), params, "/v1/invoices")


@route("GET", "/v1/invoices/{id}")
def _invoice(world: World, params: Thing, invoice_id: str) -> Thing:
    return world.get("invoices", invoice_id)


@route("GET", "/v1/charges")
def _charges(world: World, params: Thing) -> Thing:
    return _page(_all(world, "charges", customer=params.get("customer")), params, "/v1/charges")


@route("GET", "/v1/charges/{id}")
def _charge(world: World, params: Thing, charge_id: str) -> Thing:
    return world.get("charges", charge_id)


@route("GET", "/v1/disputes")
def _disputes(world: World, params: Thing) -> Thing:
    return _page(_all(world, "disputes"), params, "/v1/disputes")


@route("GET", "/v1/disputes/{id}")
def _dispute(world: World, params: Thing, dispute_id: str) -> Thing:
    return world.get("disputes", dispute_id)


@route("GET", "/v1/radar/early_fraud_warnings")
def _warnings(world: World, params: Thing) -> Thing:
    return _page(_all(world, "warnings"), params, "/v1/radar/early_fraud_warnings")


@route("GET", "/v1/radar/early_fraud_warnings/{id}")
def _warning(world: World, params: Thing, warning_id: str) -> Thing:
    return world.get("warnings", warning_id)


@route("GET", "/v1/events")
def _events(world: World, params: Thing) -> Thing:
    kinds = params.get("types") or ([params["type"]] if "type" in params else None)
    since = int((params.get("created") or {}).get("gte", 0))
    # The clock may have been moved; what is asked for is measured by the real one.
    found = [
        each
        for each in world.things["events"].values()
        if (not kinds or each["type"] in kinds) and each["created"] >= since
    ]
    if "delivery_success" in params:
        wanted = _plain(params["delivery_success"])
        found = [each for each in found if (each["id"] in world.delivered) == wanted]
    return _page(found, params, "/v1/events")


@route("GET", "/v1/events/{id}")
def _event(world: World, params: Thing, event_id: str) -> Thing:
    return world.get("events", event_id)


def _plain(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value)
