"""The table of routes, and how objects are sent."""

import re
from collections.abc import Callable
from typing import Any

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.state import State
from tests.doubles.stripe.store import HIDDEN_FIELDS, ApiError

Handler = Callable[..., StripeObject]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register the handler of `method` at `path`; `{id}` stands for an id."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(path.replace("{id}", "([^/]+)")), handler))
        return handler

    return register


def render(item: StripeObject, base: str, params: StripeObject, state: State) -> StripeObject:
    """The object as it is sent: with addresses of this server, and with what `expand` asks for."""
    if item["object"] == "list":
        return {**item, "data": [render(each, base, {}, state) for each in item["data"]]}
    if item["object"] == "checkout.session":
        item = {name: value for name, value in item.items() if name not in HIDDEN_FIELDS}
        item["url"] = f"{base}/c/pay/{item['id']}" if item["status"] == "open" else None
    if item["object"] == "billing_portal.session":
        item = {**item, "url": f"{base}/p/session/{item['id']}"}
    if item["object"] == "price" and "product" in params.get("expand", []):
        item = {**item, "product": state.get("products", item["product"])}
    if "charge" in params.get("expand", []) and "charge" in item:
        item = {**item, "charge": state.get("charges", item["charge"])}
    return item


def page(items: list[StripeObject], params: StripeObject, url: str) -> StripeObject:
    """Newest first, `limit` of them, after `starting_after`."""
    newest_first = items[::-1]
    if after := params.get("starting_after"):
        ids = [each["id"] for each in newest_first]
        newest_first = newest_first[ids.index(after) + 1 :] if after in ids else []
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        raise ApiError("Limit must be from 1 to 100.")
    return objects.listed(newest_first[:limit], url=url, has_more=len(newest_first) > limit)


def find(state: State, kind: str, **wanted: Any) -> list[StripeObject]:
    """The objects of a kind whose fields have these values; an empty value is no condition."""
    items = state.objects[kind].values()
    return [each for each in items if all(each.get(name) == value for name, value in wanted.items() if value)]


def as_boolean(value: Any) -> Any:
    """True or False for the words that a form sends; anything else as it is."""
    return {"true": True, "false": False}.get(value, value)
