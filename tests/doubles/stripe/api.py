"""The calls under /v1, as Stripe has them: as many as Kuvaka and dj-stripe use."""

from tests.doubles.stripe import customer_routes, sale_routes  # noqa: F401  they register their routes
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.routing import ROUTES, as_boolean, page, render, route
from tests.doubles.stripe.state import State
from tests.doubles.stripe.store import ApiError


def respond(state: State, base: str, method: str, path: str, params: StripeObject) -> StripeObject:
    """Carry out a call, and return what is sent.

    Raises:
        ApiError: as Stripe would refuse it.
    """
    for wanted, pattern, handler in ROUTES:
        if wanted == method and (match := pattern.fullmatch(path)):
            return render(handler(state, params, *match.groups()), base, params, state)
    raise ApiError(f"Unrecognized request URL ({method}: {path}).", status=404)


@route("GET", "/v1/account")
def _account(state: State, params: StripeObject) -> StripeObject:
    return {"id": "acct_pretended", "object": "account", "settings": {"branding": {"icon": None, "logo": None}}}


@route("GET", "/v1/webhook_endpoints")
def _webhook_endpoints(state: State, params: StripeObject) -> StripeObject:
    fields = {"object": "webhook_endpoint", "status": "enabled", "enabled_events": ["*"], "livemode": False}
    found = [{"id": "we_pretended", "url": state.endpoint(), **fields}] if state.endpoint() else []
    return page(found, params, "/v1/webhook_endpoints")


@route("GET", "/v1/events")
def _events(state: State, params: StripeObject) -> StripeObject:
    kinds = params.get("types") or ([params["type"]] if "type" in params else None)
    since = int((params.get("created") or {}).get("gte", 0))
    # `created` is compared with the real clock's times, although this clock may have been moved.
    found = [
        each
        for each in state.objects["events"].values()
        if (not kinds or each["type"] in kinds) and each["created"] >= since
    ]
    if "delivery_success" in params:
        wanted = as_boolean(params["delivery_success"])
        found = [each for each in found if (each["id"] in state.delivered) == wanted]
    return page(found, params, "/v1/events")


@route("GET", "/v1/events/{id}")
def _event(state: State, params: StripeObject, event_id: str) -> StripeObject:
    return state.get("events", event_id)
