"""The settings of the account."""

import json
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]


def open_settings(signed_in: Person, tab: str = "general") -> Any:
    page = signed_in.page
    page.wait_for_selector("[data-part=account-name]:not(:empty)")
    page.click("[data-part=account]")
    page.locator(".menu button").first.click()
    page.click(f"#tab-{tab}")
    return page


def test_the_name_is_shown_in_every_tab(signed_in: Person, user: ApiUser) -> None:
    other = signed_in.new_tab()
    page = open_settings(signed_in)
    page.fill("[name=display_name]", "Asha")
    page.click("[data-part=name-form] [data-part=submit]")
    other.wait_for_selector("[data-part=account-name]:has-text('Asha')")
    wait_until(lambda: user.call("GET", "/user/me").json()["display_name"] == "Asha", "the account's name")


def test_the_theme_lasts(signed_in: Person) -> None:
    page = open_settings(signed_in)
    page.check("[name=theme][value=dark]")
    dark = page.evaluate("getComputedStyle(document.body).color")
    page.reload()
    page.wait_for_selector("html[data-theme=dark] .app")
    assert page.evaluate("getComputedStyle(document.body).color") == dark


@pytest.mark.parametrize(("code", "direction", "word"), [("hi", "ltr", "नई चैट"), ("ar", "rtl", "محادثة جديدة")])
def test_the_language_follows_the_account(
    signed_in: Person, user: ApiUser, code: str, direction: str, word: str
) -> None:
    page = open_settings(signed_in)
    page.select_option("#panel-general [name=language]", code)
    page.wait_for_selector(f"html[lang={code}][dir={direction}] .new-chat:has-text('{word}')")
    wait_until(lambda: user.call("GET", "/user/me").json()["language"] == code, "the account's language")
    signed_in.look(f"chat-{code}")
    side, main = (page.locator(each).bounding_box() for each in (".sidebar", ".main"))
    assert (side["x"] > main["x"]) == (direction == "rtl")


def test_a_password_is_set_and_changed(signed_in: Person) -> None:
    page = open_settings(signed_in, "security")
    page.fill("[name=new_password]", "short")
    page.click("[data-part=password-form] [data-part=submit]")
    page.wait_for_selector("[data-part=new_password-error]:has-text('longer')")
    page.fill("[name=new_password]", "seven small elephants")
    page.click("[data-part=password-form] [data-part=submit]")
    page.wait_for_selector("[data-part=old-field]:not([hidden])")
    page.fill("[name=old_password]", "not this one at all")
    page.fill("[name=new_password]", "nine small giraffes")
    page.click("[data-part=password-form] [data-part=submit]")
    page.wait_for_selector(
        "[data-part=old_password-error]:has-text('wrong'), [data-part=new_password-error]:has-text('wrong')"
    )
    page.fill("[name=old_password]", "seven small elephants")
    page.click("[data-part=password-form] [data-part=submit]")
    page.wait_for_selector(".toast:has-text('password is set')")


def test_another_device_is_signed_out(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    otp = stack.post("/auth/send-otp", {"mobile_number": user.number}).json()["otp"]
    tokens = stack.post("/auth/verify-otp", {"mobile_number": user.number, "otp": otp}).json()
    page = open_settings(signed_in, "security")
    page.wait_for_selector(".device >> nth=1")
    signed_in.look("devices")
    assert page.locator(".device:has([data-part=current]:not([hidden])) [data-part=end]").is_hidden()
    page.click(".device:has([data-part=current][hidden]) [data-part=end]")
    page.wait_for_selector(".toast:has-text('Signed out')")
    answer = stack.try_post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401


def test_the_number_is_changed_by_two_codes(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")
    page = open_settings(signed_in, "security")
    page.click("[data-part=change-number]")
    number = f"98{user.number[5:]}"
    page.fill("[name=new_mobile_number]", number)
    page.click("[data-part=number-form] [data-part=submit]")
    text = page.text_content("[data-part=number-form] [data-part=mock]")
    older, newer = ["".join(c for c in part if c.isdigit()) for part in text.split(":")[1:]]
    page.fill("[name=otp]", older)
    page.fill("[name=new_otp]", newer)
    page.click("[data-part=number-form] [data-part=submit]")
    page.wait_for_selector(".sign-in")
    [(now,)] = stack.sql("SELECT mobile_number FROM accounts_user WHERE id = %s", user.id)
    assert now == f"+91{number}"


def test_everything_can_be_downloaded(signed_in: Person, user: ApiUser) -> None:
    page = open_settings(signed_in, "data")
    with page.expect_download() as downloading:
        page.click("[data-part=export]")
    document = json.loads(downloading.value.path().read_text())
    assert document["account"][0]["mobile_number"] == user.number


def test_the_account_is_deleted_after_its_consequences(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    page = open_settings(signed_in, "data")
    page.click("[data-part=delete]")
    page.wait_for_selector("dialog:has-text('All chats, their messages and files')")
    signed_in.look("delete-account")
    page.fill("[name=confirm]", "0000" if user.number[-4:] != "0000" else "1111")
    page.click("dialog [data-part=submit]:has-text('Delete everything')")
    page.wait_for_selector("[data-part=confirm-error]:has-text('not the last four')")
    page.fill("[name=confirm]", user.number[-4:])
    page.click("dialog [data-part=submit]:has-text('Delete everything')")
    page.wait_for_selector(".sign-in")
    wait_until(lambda: not stack.sql("SELECT 1 FROM accounts_user WHERE id = %s", user.id), "the erasure")


def test_a_key_is_made_shown_once_renewed_and_deleted(signed_in: Person, user: ApiUser) -> None:
    page = open_settings(signed_in, "keys")
    page.fill("#key-name", "Nightly report")
    page.check("[name=scope][value='rooms:read']")
    page.click("[data-part=key-form] [data-part=submit]")
    page.wait_for_selector("[data-part=made]:not([hidden])")
    key = page.input_value("[name=secret]")
    assert [each["scopes"] for each in user.call("GET", "/api-keys").json()] == [["rooms:read"]]
    signed_in.look("api-keys")
    page.click("#panel-keys [data-part=rotate]")
    page.click("dialog.narrow [data-part=confirm]")
    wait_until(lambda: page.input_value("[name=secret]") != key, "the renewed key")
    page.click("#panel-keys [data-part=delete]")
    page.click("dialog.narrow [data-part=confirm]")
    page.wait_for_selector("#panel-keys [data-part=none]:not([hidden])")
    assert user.call("GET", "/api-keys").json() == []
