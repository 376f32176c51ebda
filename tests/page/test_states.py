"""The connection lost, the session ended elsewhere, other tabs."""

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]


def test_a_lost_connection_is_said_and_found_again(signed_in: Person, user: ApiUser) -> None:
    page = signed_in.page
    page.wait_for_selector("[data-part=account-name]:not(:empty)")
    signed_in.context.set_offline(True)
    page.wait_for_selector(".banner:has-text('You are offline')")
    signed_in.look("offline")
    user.room("Made meanwhile")
    signed_in.context.set_offline(False)
    page.wait_for_selector(".banner:has-text('You are offline')", state="hidden")
    page.wait_for_selector(".room:has-text('Made meanwhile')")


def test_a_sign_out_elsewhere_is_said(signed_in: Person, user: ApiUser) -> None:
    page = signed_in.page
    room = user.room("Still there")
    page.reload()
    page.wait_for_selector(".room")
    assert user.call("POST", "/auth/logout-all").status_code == 204
    page.click(".room a")
    page.wait_for_selector(".sign-in .notice:has-text('You were signed out')")
    signed_in.look("signed-out-elsewhere")
    assert page.evaluate("location.hash") == f"#/c/{room}"


def test_a_sign_out_signs_out_the_other_tab(signed_in: Person) -> None:
    other = signed_in.new_tab()
    other.wait_for_selector(".app")
    signed_in.page.click("[data-part=account]")
    signed_in.page.click(".menu button:has-text('Sign out')")
    signed_in.page.wait_for_selector(".sign-in")
    other.wait_for_selector(".sign-in")
    signed_in.page.reload()
    signed_in.page.wait_for_selector(".sign-in")


def test_a_sign_in_is_followed_by_the_other_tab(visitor: Person) -> None:
    visitor.open()
    other = visitor.new_tab()
    other.wait_for_selector(".sign-in")
    visitor.sign_in("98765 00301")
    other.wait_for_selector(".app")


def test_an_access_token_that_ended_is_replaced(signed_in: Person, user: ApiUser) -> None:
    """The request that finds out is repeated; nobody notices."""
    page = signed_in.page
    user.room("There")
    page.reload()
    page.wait_for_selector(".room")
    page.context.route("**/search**", refuse_once())
    page.fill("[data-part=search]", "anything")
    page.wait_for_selector("[data-part=found-heading]:has-text('Nothing found')")


def refuse_once():  # type: ignore[no-untyped-def]
    """A handler of requests that refuses the first token it sees, as the server does once it ended."""
    refused: list[str] = []

    def handle(route):  # type: ignore[no-untyped-def]
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=401, content_type="application/problem+json", body='{"code": "token_expired"}')

    return handle


def test_the_first_view_needs_one_round_trip(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    """After the refresh of the tokens the composer can be used, whatever else is still on its way."""
    page = signed_in.page
    page.context.route("**/chatroom?*", lambda route: None)
    page.context.route("**/usage", lambda route: None)
    page.context.route("**/user/me", lambda route: None)
    page.reload()
    page.wait_for_selector("#message-field")
    page.fill("#message-field", "Already")
    assert page.input_value("#message-field") == "Already"
