# ruff: noqa: RUF001  the look-alike characters are what is tested
"""One person, one number, one account, however it is written."""

import contextlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import numbers
from accounts.models import OneTimeCode, User
from tests.accounts.conftest import field_codes, problem

NUMBER = "+919876543210"
SPELLINGS = [
    "+919876543210",
    "+91 98765 43210",
    "+91-98765-43210",
    "+91 (98765) 43210",
    "+91.98765.43210",
    "+91 (0) 98765 43210",
    "00919876543210",
    "0091 98765 43210",
    "09876543210",
    "0 98765 43210",
    "(0)98765-43210",
    "9876543210",
    "98765 43210",
    "  9876543210\t",
    "９８７６５４３２１０",
    "＋９１９８７６５４３２１０",
    "\u200e+91\u200f98765\u202c43210",
    "+91\u00a098765\u201143210",
    "9\u200b876543210",
    "٩٨٧٦٥٤٣٢١٠",
    "+91/98765/43210",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_number(spelling: str) -> None:
    assert numbers.parse(spelling) == NUMBER


def test_twenty_spellings_are_one_account_and_one_limit(
    client: Any, settings: Any, pass_time: Callable[..., None]
) -> None:
    settings.SMS_PER_NUMBER_HOUR = settings.SMS_PER_NUMBER_DAY = 100
    settings.SMS_PER_ADDRESS_HOUR = 100
    for spelling in SPELLINGS:
        pass_time(61)
        otp = client.send("/auth/send-otp", mobile_number=spelling).json()["otp"]
        assert client.send("/auth/verify-otp", mobile_number=spelling, otp=otp).status_code == 200
        repeated = client.send("/auth/send-otp", mobile_number=SPELLINGS[0])
        assert problem(repeated) == (429, "too_many_codes")
    assert User.objects.get().mobile_number == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "12345",
        "+91 00000 00000",
        "+91 98765 4321",
        "+91 98765 43210 5",
        "+91 98765 43210 ext 5",
        "call me on 98765 43210",
        "tel:+919876543210",
        "1-800-FLOWERS",
        "+0 98765 43210",
        "++919876543210",
        "+999 98765 43210",
        "98765+43210",
        "9" * 65,
        "+" + "1" * 5000,
        "-9876543210e5",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(numbers.NumberRefused):
        numbers.parse(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("premium rate", "+1 900 234 5678"),
        ("premium rate", "+44 909 879 0000"),
        ("shared cost", "+44 843 421 0000"),
        ("VoIP", "+44 56 1234 5678"),
        ("toll free", "+1 800 234 5678"),
        ("pager", "+44 76 4012 3456"),
        ("universal access", "+44 55 1234 5678"),
    ],
)
def test_numbers_that_nobody_reads_or_that_cost_us_are_refused(kind: str, text: str) -> None:
    with pytest.raises(numbers.NumberRefused):
        numbers.parse(text)


def test_another_default_region_reads_national_numbers_its_way(settings: Any) -> None:
    settings.PHONE_DEFAULT_REGION = "US"
    assert numbers.parse("(415) 555-2671") == "+14155552671"


def test_only_listed_countries_are_sent_codes(client: Any, settings: Any) -> None:
    settings.SMS_COUNTRIES = ["IN", "US"]
    assert numbers.parse("+1 415 555 2671") == "+14155552671"
    refused = client.send("/auth/send-otp", mobile_number="+33612345678")
    assert field_codes(refused) == {("mobile_number", "invalid_number")}
    assert not OneTimeCode.objects.exists()


@pytest.mark.parametrize("examples", [200, pytest.param(1000, marks=pytest.mark.faults)])
def test_any_text_is_e164_or_refused(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(st.one_of(st.text(max_size=80), st.from_regex(r"[+0]?[\d\s().\-\u0660-\u0669]{0,30}", fullmatch=True)))
    def parse(text: str) -> None:
        with contextlib.suppress(numbers.NumberRefused):
            number = numbers.parse(text)
            assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
            assert numbers.parse(number) == number

    parse()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("examples", [60, pytest.param(300, marks=pytest.mark.faults)])
def test_no_value_of_the_field_breaks_the_api(client: Any, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(VALUES)
    def send(value: Any) -> None:
        answer = client.send("/auth/signup", mobile_number=value)
        assert answer.status_code in (201, 400)

    send()
