"""Signing in at the page: the number while it is typed, the code, the password."""

from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]

PASSWORD = "seven small elephants"


def open_number_step(visitor: Person) -> Any:
    visitor.open()
    visitor.page.wait_for_selector("[name=country] option:nth-child(100)", state="attached")
    return visitor.page


def age_codes(stack: Stack) -> None:
    """A further code may be asked for."""
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '2 minutes'")


def ask_for_code(visitor: Person, number: str) -> str:
    """The code that the page shows."""
    page = open_number_step(visitor)
    page.fill("[name=number]", number)
    page.click("[data-part=submit]")
    text = page.text_content("[data-part=mock-text]")
    return "".join(letter for letter in text if letter.isdigit())


def test_a_number_is_formatted_while_it_is_typed(visitor: Person) -> None:
    page = open_number_step(visitor)
    page.locator("[name=number]").press_sequentially("9876543210")
    assert page.input_value("[name=number]") == "98765 43210"
    for _ in range(6):
        page.keyboard.press("Backspace")
    assert page.input_value("[name=number]") == "9876"
    visitor.look("sign-in-number")


def test_a_pasted_number_chooses_its_country(visitor: Person) -> None:
    page = open_number_step(visitor)
    page.fill("[name=number]", "+49 1512 3456789")
    assert page.input_value("[name=country]") == "DE"
    page.select_option("[name=country]", "US")
    assert page.input_value("[name=number]") == ""
    page.locator("[name=number]").press_sequentially("2015550123")
    assert page.input_value("[name=number]") == "(201) 555-0123"


def test_digits_of_other_scripts_are_understood(visitor: Person) -> None:
    page = open_number_step(visitor)
    page.fill("[name=number]", "९८७६५४३२१०")
    assert page.input_value("[name=number]") == "98765 43210"


def test_a_wrong_number_is_explained_beside_it(visitor: Person) -> None:
    page = open_number_step(visitor)
    page.click("[data-part=submit]")
    page.wait_for_selector("#number-error:text-is('Enter your mobile number.')")
    page.fill("[name=number]", "12")
    page.click("[data-part=submit]")
    page.wait_for_selector("#number-error:has-text('codes can be sent to')")
    assert page.get_attribute("[name=number]", "aria-invalid") == "true"
    page.wait_for_selector("[name=number]:focus")


def test_the_code_can_be_pasted_with_spaces(visitor: Person) -> None:
    code = ask_for_code(visitor, "98765 00101")
    field = visitor.page.locator("[name=code]")
    assert field.get_attribute("autocomplete") == "one-time-code"
    assert field.get_attribute("inputmode") == "numeric"
    assert "no SMS is sent" in visitor.page.text_content("[data-part=mock]")
    visitor.look("sign-in-code")
    field.fill(f"{code[:3]} {code[3:]}")
    visitor.page.wait_for_selector(".app")


def test_a_wrong_code_is_explained(visitor: Person) -> None:
    code = ask_for_code(visitor, "98765 00102")
    wrong = "000000" if code != "000000" else "111111"
    visitor.page.fill("[name=code]", wrong)
    visitor.page.wait_for_selector("#code-error:has-text('does not work')")
    selected = "getSelection().toString() || document.activeElement.value"
    wait_until(lambda: visitor.page.evaluate(selected) == wrong, "the wrong code, selected")
    visitor.page.fill("[name=code]", code)
    visitor.page.wait_for_selector(".app")


def test_a_further_code_can_be_asked_for_after_a_minute(visitor: Person, stack: Stack) -> None:
    visitor.page.clock.install()
    first = ask_for_code(visitor, "98765 00103")
    page = visitor.page
    assert page.is_disabled("[data-part=resend]")
    age_codes(stack)
    page.clock.run_for(61_000)
    page.click("[data-part=resend]:enabled")
    page.clock.run_for(1_000)
    page.wait_for_selector(f"[data-part=mock-text]:not(:has-text('{first}'))")


def test_somebody_with_a_password_signs_in_by_it(visitor: Person, user: ApiUser) -> None:
    assert user.call("POST", "/auth/change-password", json={"new_password": PASSWORD}).status_code == 200
    page = open_number_step(visitor)
    page.fill("[name=number]", user.number)
    page.click("[data-part=switch]")
    page.fill("[name=password]", "not this one at all")
    page.keyboard.press("Enter")
    page.wait_for_selector("#password-error:has-text('wrong')")
    visitor.look("sign-in-password")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".app")


def test_a_forgotten_password_is_set_anew_by_a_code(visitor: Person, user: ApiUser, stack: Stack) -> None:
    user.call("POST", "/auth/change-password", json={"new_password": PASSWORD})
    age_codes(stack)
    page = open_number_step(visitor)
    page.fill("[name=number]", user.number)
    page.click("[data-part=switch]")
    page.click("[data-part=forgot]")
    page.click("[data-part=use-mock]")
    page.fill("[name=new-password]", "short")
    page.click("[data-part=submit]")
    page.wait_for_selector("#new-password-error:has-text('longer')")
    page.fill("[name=new-password]", "nine small giraffes")
    page.click("[data-part=submit]")
    page.wait_for_selector(".app")


def test_the_language_can_be_chosen_before_signing_in(visitor: Person) -> None:
    page = open_number_step(visitor)
    page.select_option("[data-part=language]", "ar")
    page.wait_for_selector("html[lang=ar][dir=rtl] .sign-in")
    visitor.look("sign-in-arabic")
