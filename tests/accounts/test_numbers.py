# ruff: noqa: RUF001  the confusable characters are the test
"""All spellings of a phone number mean one account."""

import contextlib
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import phonenumbers
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from accounts import phone_numbers
from accounts.management.users import find_or_none
from accounts.models import FailedAttempts, OneTimeCode, User
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
    assert phone_numbers.parse(spelling) == NUMBER


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
    with pytest.raises(phone_numbers.NumberRefused):
        phone_numbers.parse(text)


MOBILES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.FIXED_LINE}
OTHER_KINDS = sorted(set(PhoneNumberType.values()) - MOBILES - {PhoneNumberType.UNKNOWN})


@pytest.mark.parametrize("kind", OTHER_KINDS, ids=PhoneNumberType.to_string)
def test_other_types_of_numbers_are_refused_in_every_country(kind: int) -> None:
    examples = [phonenumbers.example_number_for_type(region, kind) for region in phonenumbers.SUPPORTED_REGIONS]
    spelled = [e164(number) for number in examples if number and phonenumbers.number_type(number) == kind]
    assert spelled
    assert [number for number in spelled if taken(number)] == []


def test_numbers_of_no_country_are_refused() -> None:
    # Satellites (+870, +881, +882), premium (+979), shared cost (+808), access everywhere (+888) and others.
    codes = phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    spelled = [e164(phonenumbers.example_number_for_non_geo_entity(code)) for code in codes]
    assert {"+870", "+881", "+979"} <= {number[:4] for number in spelled}
    assert [number for number in spelled if taken(number)] == []


def test_a_mobile_of_every_country_is_taken() -> None:
    examples = [
        phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        for region in phonenumbers.SUPPORTED_REGIONS
    ]
    spelled = [e164(number) for number in examples if number]
    assert len(spelled) > 200
    assert [number for number in spelled if not taken(number)] == []


TWO_FORMS = [
    ("+54 9 11 2345 6789", "+54 11 2345 6789", "+5491123456789"),
    ("+54 9 2234 12 3456", "+54 2234 12 3456", "+5492234123456"),
    ("+54 9 11 2345 6789", "+54 11 15 2345 6789", "+5491123456789"),
    ("+54 9 11 2345 6789", "+54 0 11 15 2345 6789", "+5491123456789"),
    ("+52 55 1234 5678", "+52 1 55 1234 5678", "+525512345678"),
    ("+52 222 123 4567", "+52 1 222 123 4567", "+522221234567"),
]


@pytest.mark.parametrize(("one", "other", "number"), TWO_FORMS)
def test_both_national_forms_of_a_mobile_are_one_number(one: str, other: str, number: str) -> None:
    assert phone_numbers.parse(one) == phone_numbers.parse(other) == number


def test_the_mobile_token_of_a_country_may_be_left_out() -> None:
    found = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        mobile = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if mobile and (token := phonenumbers.country_mobile_token(mobile.country_code)):
            bare = phonenumbers.national_significant_number(mobile).removeprefix(token)
            assert phone_numbers.parse(f"+{mobile.country_code}{bare}") == e164(mobile)
            found.append(region)
    assert found


def test_two_forms_are_one_account_and_one_limit(client: Any, settings: Any, pass_time: Callable[..., None]) -> None:
    settings.SMS_PER_NUMBER_HOUR = settings.SMS_PER_NUMBER_DAY = settings.SMS_PER_ADDRESS_HOUR = 100
    for one, other, number in TWO_FORMS:
        pass_time(61)
        otp = client.send("/auth/send-otp", mobile_number=one).json()["otp"]
        assert problem(client.send("/auth/send-otp", mobile_number=other)) == (429, "too_many_codes")
        assert client.send("/auth/verify-otp", mobile_number=other, otp=otp).status_code == 200
        assert User.objects.filter(mobile_number=number).count() == 1
    assert User.objects.count() == len({number for _, _, number in TWO_FORMS})


def run_migration_0008() -> None:
    """With the models as they were then."""
    name = "0008_one_form_of_a_number"
    state = MigrationLoader(connection).project_state([("accounts", name)])
    import_module(f"accounts.migrations.{name}").rename(state.apps, None)


def test_an_account_of_the_older_form_is_found_by_both(client: Any) -> None:
    made = User.objects.create_user("+541123456789", "a password of some length")
    FailedAttempts.objects.create(mobile_number="+541123456789", kind=FailedAttempts.Kind.PASSWORD, failures=3)
    run_migration_0008()
    for spelling in ("+54 11 2345 6789", "+54 9 11 2345 6789"):
        signed_in = client.send("/auth/login", mobile_number=spelling, password="a password of some length")
        assert signed_in.status_code == 200
    made.refresh_from_db()
    assert made.mobile_number == "+5491123456789"
    assert FailedAttempts.objects.get().mobile_number == "+5491123456789"


@pytest.mark.django_db
def test_accounts_under_both_forms_are_kept_and_found() -> None:
    older, newer = User.objects.create_user("+541123456789"), User.objects.create_user("+5491123456789")
    run_migration_0008()
    assert set(User.objects.values_list("pk", "mobile_number")) == {
        (older.pk, "+541123456789"),
        (newer.pk, "+5491123456789"),
    }
    assert find_or_none("+541123456789") == older
    assert find_or_none("+54 9 11 2345 6789") == newer


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def taken(text: str) -> bool:
    try:
        phone_numbers.parse(text)
    except phone_numbers.NumberRefused:
        return False
    return True


def test_another_default_region_reads_national_numbers_its_way(settings: Any) -> None:
    settings.PHONE_DEFAULT_REGION = "US"
    assert phone_numbers.parse("(415) 555-2671") == "+14155552671"


def test_only_listed_countries_are_sent_codes(client: Any, settings: Any) -> None:
    settings.SMS_COUNTRIES = ["IN", "US"]
    assert phone_numbers.parse("+1 415 555 2671") == "+14155552671"
    refused = client.send("/auth/send-otp", mobile_number="+33612345678")
    assert field_codes(refused) == {("mobile_number", "invalid_number")}
    assert not OneTimeCode.objects.exists()


def test_more_digits_than_e164_has_are_refused() -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse("+4920100000000000")), "to the library"
    with pytest.raises(phone_numbers.NumberRefused):
        phone_numbers.parse("+4920100000000000")


@pytest.mark.parametrize("examples", [200, pytest.param(1000, marks=pytest.mark.faults)])
def test_any_text_is_e164_or_refused(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(st.one_of(st.text(max_size=80), st.from_regex(r"[+0]?[\d\s().\-\u0660-\u0669]{0,30}", fullmatch=True)))
    def parse(text: str) -> None:
        with contextlib.suppress(phone_numbers.NumberRefused):
            number = phone_numbers.parse(text)
            assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
            assert phone_numbers.parse(number) == number

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
        response = client.send("/auth/signup", mobile_number=value)
        assert response.status_code in (201, 400)

    send()
