"""The ten commonest calls at the desk, each solved in a browser by somebody who has the role support and no more.

`make test` has what they do without a browser (tests/desk).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from tests import chromium as chromium_of_this_machine
from tests.desk.conftest import PASSWORD, code_of
from tests.flows.paying import status, subscribe
from tests.flows.staff import make_staff
from tests.stack import Person, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

PAGE_PATIENCE = 90_000
"""Milliseconds that a page may take."""

STAFF = "+919600000001"
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without these, Chromium as root does not start, or asks other hosts for things."""


@dataclass
class Desk:
    """One of the staff at the desk; `faults` is what the browser complained of."""

    page: Any
    url: str
    faults: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/admin")
        typed = {"username": "096000 00001", "password": PASSWORD, "otp_token": code_of()}
        for name, value in typed.items():
            self.page.fill(f"[name={name}]", value)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#tiles")

    def search(self, number: str) -> None:
        """Type a number as a caller says it."""
        spoken = f"0{number[3:8]} {number[8:]}"
        self.page.goto(f"{self.url}/admin/accounts/user/")
        self.page.fill("[name=q]", spoken)
        self.page.press("[name=q]", "Enter")

    def find(self, person: Person) -> None:
        """Type the number, and open what is found."""
        self.search(person.number)
        self.page.click(f"table a:has-text('{person.number}')")
        self.page.wait_for_selector("#person")

    def do(self, title: str, **fields: str) -> None:
        """Press a button, say why, confirm."""
        self.page.click(f'#deeds a:has-text("{title}")')
        for name, value in {"reason": "Called, ticket 17", **fields}.items():
            self.page.fill(f"#deed-form [name={name}]", value)
        self.page.click("#deed-form button[type=submit]")

    def says(self, words: str) -> None:
        self.page.wait_for_selector(f"text={words}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_of_this_machine.program(), args=BROWSER)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(shared_stack: Stack, chromium: Any) -> dict[str, Any]:
    """The cookies of a staff member who has signed in."""
    make_staff(shared_stack, STAFF)
    page = chromium.new_page()
    page.set_default_timeout(PAGE_PATIENCE)
    Desk(page, shared_stack.url).sign_in()
    state: dict[str, Any] = page.context.storage_state()
    page.close()
    return state


@pytest.fixture
def desk(stack: Stack, chromium: Any, signed_in: dict[str, Any]) -> Iterator[Desk]:
    page = chromium.new_page(viewport={"width": 1400, "height": 1000}, accept_downloads=True, storage_state=signed_in)
    page.set_default_timeout(PAGE_PATIENCE)
    made = Desk(page, stack.url)
    page.on("console", lambda said: made.faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    page.on("response", lambda answer: made.faults.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{stack.url}/admin/")
    yield made
    page.close()
    assert [fault for fault in made.faults if "favicon" not in fault and "404" not in fault] == []


def used(stack: Stack, person: Person) -> int:
    [(units,)] = stack.sql("SELECT coalesce(sum(used), 0) FROM billing_dailyusage WHERE user_id = %s", person.id)
    return int(units)


def have_a_code_refused(stack: Stack, number: str) -> None:
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


def test_i_paid_and_am_not_pro(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    stack.stripe.deliver(enabled=False)
    subscribe(person)
    assert status(person)["tier"] == "basic"
    desk.find(person)
    desk.do("Resync with Stripe")
    desk.says("What Stripe says now is stored.")
    desk.says("9.99 USD")
    assert status(person)["tier"] == "pro"


def test_my_answer_never_came(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    sent = person.send(person.room(), "No [[double error=404]]")
    assert person.answered(sent["id"])["reply"]["status"] == "failed"
    before = used(stack, person)
    desk.find(person)
    desk.says("model_not_found")
    desk.page.click(f"#person a:has-text('{sent['reply']['id']}')")
    stack.sql("UPDATE chatrooms_message SET content = 'Yes' WHERE id = %s", sent["id"])
    desk.do("Try again")
    desk.says("at no cost to the person")
    assert person.answered(sent["id"])["reply"]["status"] == "done"
    assert used(stack, person) == before


def test_i_cannot_sign_in(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    lock(stack, person.number)
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    asked = {"mobile_number": person.number}
    locked = stack.try_post("/auth/send-otp", asked)
    assert locked.status_code == 429
    desk.find(person)
    desk.says("locked until")
    desk.do("Unlock sign-in")
    desk.says("Unlocked")
    assert stack.try_post("/auth/send-otp", asked).status_code == 200


def test_i_get_no_code(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    have_a_code_refused(stack, person.number)
    desk.find(person)
    desk.says("refused by the SMS provider")


def test_i_get_no_code_and_have_no_account(stack: Stack, desk: Desk) -> None:
    number = "+919731059377"
    have_a_code_refused(stack, number)
    lock(stack, number)
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    asked = {"mobile_number": number}
    assert stack.try_post("/auth/send-otp", asked).status_code == 429
    desk.search(number)
    desk.says("refused by the SMS provider")
    desk.says("locked until")
    desk.do("Unlock sign-in")
    desk.says("Unlocked")
    assert stack.try_post("/auth/send-otp", asked).status_code == 200


def test_delete_my_data(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    person.send(person.room(), "Hello")
    desk.find(person)
    desk.do("Erase")
    wait_until(lambda: not stack.sql("SELECT 1 FROM accounts_user WHERE id = %s", person.id), "the erasure")
    assert person.call("GET", "/user/me").status_code == 401


def test_send_me_my_data(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    person.send(person.room(), "What I once asked")
    desk.find(person)
    with desk.page.expect_download() as downloading:
        desk.do("Export")
    document = json.loads(downloading.value.path().read_text())
    assert document["account"][0]["mobile_number"] == person.number
    assert document["messages"][0]["content"] == "What I once asked"


def test_somebody_else_is_in_my_account(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    desk.find(person)
    desk.do("Sign out everywhere")
    desk.says("Signed out everywhere.")
    assert person.call("GET", "/user/me").status_code == 401
    assert stack.try_post("/auth/refresh", {"refresh_token": person.refresh_token}).status_code == 401


def test_it_counted_what_it_should_not_have(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    room = person.room()
    for _ in range(3):
        person.send(room, "Hello")
    desk.find(person)
    desk.do("Give units back", units="2")
    desk.says("2 given back.")
    assert used(stack, person) == 1
    desk.do("Reset today's allowance")
    desk.says("1 given back.")
    assert person.call("GET", "/usage").json()["used"] == 0


def test_goodwill_for_a_week_and_not_longer(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    desk.find(person)
    day = date.today() + timedelta(days=7)
    desk.do("Grant Pro", ends_on=day.isoformat())
    desk.says("Pro until")
    granted = status(person)
    assert (granted["tier"], granted["source"]) == ("pro", "grant")
    desk.do("Revoke grants")
    desk.says("Every grant was revoked")
    assert status(person)["tier"] == "basic"


def test_somebody_abuses_it(stack: Stack, desk: Desk) -> None:
    person = stack.sign_up()
    desk.find(person)
    desk.do("Disable")
    desk.says("Disabled, and signed out everywhere.")
    assert person.call("GET", "/user/me").status_code == 401
    desk.do("Enable")
    desk.says("Enabled.")
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    assert stack.try_post("/auth/send-otp", {"mobile_number": person.number}).status_code == 200
