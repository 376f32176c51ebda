"""The allowance and the way to Pro and back."""

from collections.abc import Iterator

import pytest

from tests.api_user import ApiUser
from tests.flows.paying import portal, status, subscribe
from tests.page.browser import Person
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]


@pytest.fixture
def limited(stack: Stack) -> Iterator[None]:
    """Basic has two messages a day."""
    stack.set_tier(daily_messages=2)
    yield
    stack.set_tier(daily_messages=None)


@pytest.mark.usefixtures("limited")
def test_what_is_left_is_shown_in_the_own_time_zone(signed_in: Person, user: ApiUser) -> None:
    user.send(user.room(), "Hello")
    page = signed_in.page
    page.reload()
    page.wait_for_selector(".allowance:has-text('1 of 2 messages left')")
    assert "05:30" in page.text_content(".allowance")  # midnight UTC in Kolkata
    user.send(user.room(), "Hello again")
    page.reload()
    page.wait_for_selector(".banner:has-text('used up')")
    signed_in.look("limit-reached")


@pytest.mark.usefixtures("limited")
def test_somebody_upgrades_and_cancels(signed_in: Person, user: ApiUser) -> None:
    page = signed_in.page
    page.click(".allowance [data-part=upgrade]")
    page.wait_for_selector("dialog:has-text('no limit')")
    signed_in.look("plans")
    page.click("dialog [data-part=buy]")
    page.click("button:has-text('Pretend to pay')")
    page.wait_for_selector(".app")
    page.wait_for_selector(".toast:has-text('You have Pro now')")
    assert page.evaluate("location.search") == ""
    page.wait_for_selector(".account .tier:has-text('Pro')")
    assert page.is_hidden(".allowance")
    signed_in.look("pro")
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Settings')")
    page.click("#tab-plan")
    page.wait_for_selector("#panel-plan:has-text('It renews on')")
    page.click("#panel-plan [data-part=portal]")
    page.click("button:has-text('Cancel at the end of the period')")
    page.click("a:has-text('Back to Kuvaka')")
    page.click("a:has-text('Back to your chat')")
    page.wait_for_selector(".app")
    wait_until(lambda: status(user)["cancel_at_period_end"], "the cancellation")
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Settings')")
    page.click("#tab-plan")
    page.wait_for_selector("#panel-plan:has-text('Cancelled: it ends on')")


def test_leaving_the_checkout_leads_back(signed_in: Person, user: ApiUser) -> None:
    page = signed_in.page
    page.evaluate("dispatchEvent(new Event('kuvaka:upgrade'))")
    page.click("dialog [data-part=buy]")
    page.click("a:has-text('Cancel')")
    page.click("a:has-text('Back to your chat')")
    page.wait_for_selector(".app")
    assert status(user)["tier"] == "basic"


def test_a_failed_payment_is_said_with_a_way_out(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    subscription = subscribe(user)
    wait_until(lambda: status(user)["tier"] == "pro", "Pro")
    portal(user, "card_fails")
    stack.stripe.to_period_end(subscription)
    wait_until(lambda: status(user)["past_due"], "the failed payment")
    page = signed_in.page
    page.reload()
    page.wait_for_selector(".banner.danger:has-text('did not go through')")
    signed_in.look("past-due")
    page.click(".banner.danger [data-part=action]")
    page.wait_for_selector("text=Your subscription")
