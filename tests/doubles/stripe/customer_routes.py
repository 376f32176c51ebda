"""Routes of customers and what they have: subscriptions, invoices, charges, disputes, warnings of fraud."""

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.routing import as_boolean, find, page, route
from tests.doubles.stripe.state import State
from tests.doubles.stripe.store import ENDED, ApiError


@route("POST", "/v1/customers")
def _create_customer(state: State, params: StripeObject) -> StripeObject:
    if params.get("email") == "":
        raise ApiError("You passed an empty string for 'email'.", code="parameter_invalid_empty")
    customer = state.add("customers", objects.customer(now=state.now, params=params))
    state.record_event("customer.created", customer)
    return customer


@route("GET", "/v1/customers")
def _customers(state: State, params: StripeObject) -> StripeObject:
    existing = [each for each in state.objects["customers"].values() if not each.get("deleted")]
    return page(existing, params, "/v1/customers")


@route("GET", "/v1/customers/{id}")
def _customer(state: State, params: StripeObject, customer_id: str) -> StripeObject:
    return state.get("customers", customer_id)


@route("POST", "/v1/customers/{id}")
def _update_customer(state: State, params: StripeObject, customer_id: str) -> StripeObject:
    customer = state.get("customers", customer_id)
    customer["metadata"] |= params.pop("metadata", {})
    customer |= {name: value for name, value in params.items() if name in ("email", "name", "phone")}
    state.record_event("customer.updated", customer)
    return customer


@route("DELETE", "/v1/customers/{id}")
def _delete_customer(state: State, params: StripeObject, customer_id: str) -> StripeObject:
    return state.delete_customer(customer_id)


@route("GET", "/v1/subscriptions")
def _subscriptions(state: State, params: StripeObject) -> StripeObject:
    found = find(state, "subscriptions", customer=params.get("customer"))
    status = params.get("status")
    if status and status != "all":
        found = [each for each in found if each["status"] == status]
    elif not status:
        found = [each for each in found if each["status"] != "canceled"]
    return page(found, params, "/v1/subscriptions")


@route("GET", "/v1/subscriptions/{id}")
def _subscription(state: State, params: StripeObject, subscription_id: str) -> StripeObject:
    return state.get("subscriptions", subscription_id)


@route("POST", "/v1/subscriptions/{id}")
def _update_subscription(state: State, params: StripeObject, subscription_id: str) -> StripeObject:
    subscription = state.get("subscriptions", subscription_id)
    if subscription["status"] in ENDED:
        raise ApiError(f"No such subscription: '{subscription_id}'", code="resource_missing", status=404)
    subscription["metadata"] |= params.get("metadata", {})
    if "cancel_at_period_end" in params:
        subscription["cancel_at_period_end"] = as_boolean(params["cancel_at_period_end"])
    state.record_event("customer.subscription.updated", subscription)
    return subscription


@route("DELETE", "/v1/subscriptions/{id}")
def _cancel_subscription(state: State, params: StripeObject, subscription_id: str) -> StripeObject:
    subscription = state.get("subscriptions", subscription_id)
    if subscription["status"] in ENDED:
        raise ApiError(f"No such subscription: '{subscription_id}'", code="resource_missing", status=404)
    state.end(subscription)
    return subscription


@route("GET", "/v1/invoices")
def _invoices(state: State, params: StripeObject) -> StripeObject:
    return page(find(state, "invoices", customer=params.get("customer")), params, "/v1/invoices")


@route("GET", "/v1/invoices/{id}")
def _invoice(state: State, params: StripeObject, invoice_id: str) -> StripeObject:
    return state.get("invoices", invoice_id)


@route("GET", "/v1/charges")
def _charges(state: State, params: StripeObject) -> StripeObject:
    return page(find(state, "charges", customer=params.get("customer")), params, "/v1/charges")


@route("GET", "/v1/charges/{id}")
def _charge(state: State, params: StripeObject, charge_id: str) -> StripeObject:
    return state.get("charges", charge_id)


@route("GET", "/v1/disputes")
def _disputes(state: State, params: StripeObject) -> StripeObject:
    return page(find(state, "disputes"), params, "/v1/disputes")


@route("GET", "/v1/disputes/{id}")
def _dispute(state: State, params: StripeObject, dispute_id: str) -> StripeObject:
    return state.get("disputes", dispute_id)


@route("GET", "/v1/radar/early_fraud_warnings")
def _warnings(state: State, params: StripeObject) -> StripeObject:
    return page(find(state, "warnings"), params, "/v1/radar/early_fraud_warnings")


@route("GET", "/v1/radar/early_fraud_warnings/{id}")
def _warning(state: State, params: StripeObject, warning_id: str) -> StripeObject:
    return state.get("warnings", warning_id)
