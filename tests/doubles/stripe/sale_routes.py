"""Routes of what is sold and where: products, prices, Checkout sessions, the portal."""

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.routing import as_boolean, find, page, render, route
from tests.doubles.stripe.state import State
from tests.doubles.stripe.store import ApiError


@route("POST", "/v1/products")
def _create_product(state: State, params: StripeObject) -> StripeObject:
    if params.get("id") in state.objects["products"]:
        raise ApiError("Product already exists.", code="resource_already_exists")
    return state.add("products", objects.product(now=state.now, params=params))


@route("GET", "/v1/products")
def _products(state: State, params: StripeObject) -> StripeObject:
    return page(find(state, "products"), params, "/v1/products")


@route("GET", "/v1/products/{id}")
def _product(state: State, params: StripeObject, product_id: str) -> StripeObject:
    return state.get("products", product_id)


@route("POST", "/v1/products/{id}")
def _update_product(state: State, params: StripeObject, product_id: str) -> StripeObject:
    product = state.get("products", product_id)
    product |= {name: as_boolean(value) for name, value in params.items() if name in ("active", "name", "description")}
    state.record_event("product.updated", product)
    return product


@route("GET", "/v1/products/{id}/features")
def _features(state: State, params: StripeObject, product_id: str) -> StripeObject:
    return objects.listed([], url=f"/v1/products/{product_id}/features")


@route("POST", "/v1/prices")
def _create_price(state: State, params: StripeObject) -> StripeObject:
    state.get("products", params["product"])
    for other in find(state, "prices", lookup_key=params.get("lookup_key")) if params.get("lookup_key") else []:
        if params.get("transfer_lookup_key") != "true":
            raise ApiError("A price with this lookup key exists.", code="resource_already_exists")
        other["lookup_key"] = None
    price = state.add("prices", objects.price(now=state.now, params=params))
    state.record_event("price.created", price)
    return price


@route("GET", "/v1/prices")
def _prices(state: State, params: StripeObject) -> StripeObject:
    keys = params.get("lookup_keys")
    found = [each for each in state.objects["prices"].values() if not keys or each["lookup_key"] in keys]
    return page(found, params, "/v1/prices")


@route("GET", "/v1/prices/{id}")
def _price(state: State, params: StripeObject, price_id: str) -> StripeObject:
    return state.get("prices", price_id)


@route("POST", "/v1/prices/{id}")
def _update_price(state: State, params: StripeObject, price_id: str) -> StripeObject:
    price = state.get("prices", price_id)
    price |= {name: as_boolean(value) for name, value in params.items() if name == "active"}
    state.record_event("price.updated", price)
    return price


@route("POST", "/v1/checkout/sessions")
def _create_session(state: State, params: StripeObject) -> StripeObject:
    if state.get("customers", params["customer"]).get("deleted"):
        raise ApiError(f"No such customer: '{params['customer']}'", code="resource_missing", status=404)
    try:
        price = state.get("prices", params["line_items"][0]["price"])
    except ApiError as error:
        error.param = "line_items[0][price]"
        raise
    if not price["active"]:
        raise ApiError("The price specified is inactive.", param="line_items[0][price]")
    session = objects.checkout_session(now=state.now, params=params, price=price)
    session["price_id"] = price["id"]
    session["subscription_metadata"] = (params.get("subscription_data") or {}).get("metadata") or {}
    return state.add("sessions", session)


@route("GET", "/v1/checkout/sessions")
def _sessions(state: State, params: StripeObject) -> StripeObject:
    state.advance(0)
    found = find(state, "sessions", customer=params.get("customer"), status=params.get("status"))
    return page(found, params, "/v1/checkout/sessions")


@route("GET", "/v1/checkout/sessions/{id}")
def _session(state: State, params: StripeObject, session_id: str) -> StripeObject:
    return state.get("sessions", session_id)


@route("POST", "/v1/checkout/sessions/{id}/expire")
def _expire_session(state: State, params: StripeObject, session_id: str) -> StripeObject:
    session = state.get("sessions", session_id)
    if session["status"] != "open":
        raise ApiError(f"Only Checkout Sessions with a status of open can be expired; this one is {session['status']}.")
    session["status"] = "expired"
    state.record_event("checkout.session.expired", render(session, "", {}, state))
    return session


@route("POST", "/v1/billing_portal/sessions")
def _create_portal(state: State, params: StripeObject) -> StripeObject:
    if state.get("customers", params["customer"]).get("deleted"):
        raise ApiError(f"No such customer: '{params['customer']}'", code="resource_missing", status=404)
    return state.add("portals", objects.portal_session(now=state.now, params=params))
