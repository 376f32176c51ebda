"""The ten most common support calls, each solved in a browser by a staff member with the role support only.

tests/admin has the same without a browser, in `make test`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from tests import chromium as chromium_of_this_machine
from tests.admin.conftest import PASSWORD, code_of
from tests.api_user import ApiUser
from tests.flows.paying import status, subscribe
from tests.flows.staff import make_staff
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

PAGE_TIMEOUT = 90_000
"""In milliseconds."""

STAFF = "+919600000001"


@dataclass
class AdminBrowser:
    """A staff member's browser; `errors` are those that it reported."""

    page: Any
    url: str
    errors: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/admin")
        typed = {"username": "096000 00001", "password": PASSWORD, "otp_token": code_of()}
        for name, value in typed.items():
            self.page.fill(f"[name={name}]", value)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#tiles")

    def search(self, number: str) -> None:
        """Search for a number, spelled as users say it."""
        spelled = f"0{number[3:8]} {number[8:]}"
        self.page.goto(f"{self.url}/admin/accounts/user/")
        self.page.fill("[name=q]", spelled)
        self.page.press("[name=q]", "Enter")

    def find(self, user: ApiUser) -> None:
        """Search for the number, and open the user's page."""
        self.search(user.number)
        self.page.click(f"table a:has-text('{user.number}')")
        self.page.wait_for_selector("#user-page")

    def run_action(self, title: str, **fields: str) -> None:
        """Click the button, enter a reason, confirm."""
        self.page.click(f'#page-actions a:has-text("{title}")')
        for name, value in {"reason": "Called, ticket 17", **fields}.items():
            self.page.fill(f"#action-form [name={name}]", value)
        self.page.click("#action-form button[type=submit]")

    def says(self, words: str) -> None:
        self.page.wait_for_selector(f"text={words}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_of_this_machine.program(), args=chromium_of_this_machine.ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(shared_stack: Stack, chromium: Any) -> dict[str, Any]:
    """The cookies of a staff member who has signed in."""
    make_staff(shared_stack, STAFF)
    page = chromium.new_page()
    page.set_default_timeout(PAGE_TIMEOUT)
    AdminBrowser(page, shared_stack.url).sign_in()
    state: dict[str, Any] = page.context.storage_state()
    page.close()
    return state


@pytest.fixture
def admin(stack: Stack, chromium: Any, signed_in: dict[str, Any]) -> Iterator[AdminBrowser]:
    page = chromium.new_page(viewport={"width": 1400, "height": 1000}, accept_downloads=True, storage_state=signed_in)
    page.set_default_timeout(PAGE_TIMEOUT)
    made = AdminBrowser(page, stack.url)
    page.on("console", lambda message: made.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: made.errors.append(str(error)))
    page.on("response", lambda response: made.errors.append(response.url) if response.status >= 400 else None)
    page.goto(f"{stack.url}/admin/")
    yield made
    page.close()
    assert [error for error in made.errors if "favicon" not in error and "404" not in error] == []


def used(stack: Stack, user: ApiUser) -> int:
    [(units,)] = stack.sql("SELECT coalesce(sum(used), 0) FROM billing_dailyusage WHERE user_id = %s", user.id)
    return int(units)


def add_refused_code(stack: Stack, number: str) -> None:
    stack.sql(
        "INSERT INTO accounts_onetimecode (number, purpose, digest, prefix, country, address, deliveries, guesses)"
        " VALUES (%s, 'sign_in', '', '', 'IN', '', 3, 0)",
        number,
    )


def lock(stack: Stack, number: str) -> None:
    stack.sql(
        "INSERT INTO accounts_tries (number, kind, failures, locked_until) VALUES (%s, 'code', 20, now() + '1 day')"
        " ON CONFLICT (number, kind) DO UPDATE SET failures = 20, locked_until = excluded.locked_until",
        number,
    )


def test_a_user_who_paid_and_is_not_pro_is_resynced(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    stack.stripe.deliver(enabled=False)
    subscribe(user)
    assert status(user)["tier"] == "basic"
    admin.find(user)
    admin.run_action("Resync with Stripe")
    admin.says("Synced with Stripe.")
    admin.says("9.99 USD")
    assert status(user)["tier"] == "pro"


def test_a_failed_reply_is_retried(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    sent = user.send(user.room(), "No [[double error=404]]")
    assert user.wait_for_reply(sent["id"])["reply"]["status"] == "failed"
    before = used(stack, user)
    admin.find(user)
    admin.says("model_not_found")
    admin.page.click(f"#user-page a:has-text('{sent['reply']['id']}')")
    stack.sql("UPDATE chatrooms_message SET content = 'Yes' WHERE id = %s", sent["id"])
    admin.run_action("Retry")
    admin.says("at no cost to the user")
    assert user.wait_for_reply(sent["id"])["reply"]["status"] == "done"
    assert used(stack, user) == before


def test_a_user_who_cannot_sign_in_is_unlocked(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    lock(stack, user.number)
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    body = {"mobile_number": user.number}
    locked = stack.try_post("/auth/send-otp", body)
    assert locked.status_code == 429
    admin.find(user)
    admin.says("locked until")
    admin.run_action("Unlock sign-in")
    admin.says("Unlocked")
    assert stack.try_post("/auth/send-otp", body).status_code == 200


def test_a_user_page_shows_a_refused_code(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    add_refused_code(stack, user.number)
    admin.find(user)
    admin.says("refused by the SMS provider")


def test_a_number_without_account_is_unlocked(stack: Stack, admin: AdminBrowser) -> None:
    number = "+919731059377"
    add_refused_code(stack, number)
    lock(stack, number)
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    body = {"mobile_number": number}
    assert stack.try_post("/auth/send-otp", body).status_code == 429
    admin.search(number)
    admin.says("refused by the SMS provider")
    admin.says("locked until")
    admin.run_action("Unlock sign-in")
    admin.says("Unlocked")
    assert stack.try_post("/auth/send-otp", body).status_code == 200


def test_a_user_is_erased(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    user.send(user.room(), "Hello")
    admin.find(user)
    admin.run_action("Erase")
    wait_until(lambda: not stack.sql("SELECT 1 FROM accounts_user WHERE id = %s", user.id), "the erasure")
    assert user.call("GET", "/user/me").status_code == 401


def test_the_data_of_a_user_is_exported(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    user.send(user.room(), "What I once asked")
    admin.find(user)
    with admin.page.expect_download() as downloading:
        admin.run_action("Export")
    document = json.loads(downloading.value.path().read_text())
    assert document["account"][0]["mobile_number"] == user.number
    assert document["messages"][0]["content"] == "What I once asked"


def test_a_user_is_signed_out_everywhere(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    admin.find(user)
    admin.run_action("Sign out everywhere")
    admin.says("Signed out everywhere.")
    assert user.call("GET", "/user/me").status_code == 401
    assert stack.try_post("/auth/refresh", {"refresh_token": user.refresh_token}).status_code == 401


def test_units_are_refunded(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    room = user.room()
    for _ in range(3):
        user.send(room, "Hello")
    admin.find(user)
    admin.run_action("Refund units", units="2")
    admin.says("2 refunded.")
    assert used(stack, user) == 1
    admin.run_action("Reset today's allowance")
    admin.says("1 refunded.")
    assert user.call("GET", "/usage").json()["used"] == 0


def test_pro_is_granted_and_revoked(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    admin.find(user)
    day = date.today() + timedelta(days=7)
    admin.run_action("Grant Pro", ends_on=day.isoformat())
    admin.says("Pro until")
    granted = status(user)
    assert (granted["tier"], granted["source"]) == ("pro", "grant")
    admin.run_action("Revoke grants")
    admin.says("All grants were revoked")
    assert status(user)["tier"] == "basic"


def test_a_user_is_disabled_and_enabled_again(stack: Stack, admin: AdminBrowser) -> None:
    user = stack.sign_up()
    admin.find(user)
    admin.run_action("Disable")
    admin.says("Disabled, and signed out everywhere.")
    assert user.call("GET", "/user/me").status_code == 401
    admin.run_action("Enable")
    admin.says("Enabled.")
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    assert stack.try_post("/auth/send-otp", {"mobile_number": user.number}).status_code == 200
