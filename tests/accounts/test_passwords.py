# ruff: noqa: RUF001  the confusable characters are the test
"""The rules by a table, and the hashes."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import normalised
from tests.accounts.conftest import problem

NUMBER = "+919876543210"
GOOD = [
    "seven small elephants",
    "correct horse battery staple",
    "тринадцать синих китов",
    "十五文字以上のとても長い合言葉です",
    "🐘🦒🦓🐪🦏🦛🐆🐅🐊🐢🦎🐍🐲🦕🦖",
    "               six words, much white space",
    "aaaabbbbccccddddeeee1",
    "ALL UPPER CASE IS FINE",
    "no-digits-and-no-capitals",
    "Zq8#vLm2!pRt5@x",
    "the quick brown fox 98765",
    "a" * 100 + "but it goes on" + "b" * 14,
    "kuvaka is one word among others",
    "password is one word among others",
]
BAD = {
    "": "password_too_short",
    "password": "password_too_short",
    "Zq8#vLm2!pRt5@": "password_too_short",
    "🐘" * 14: "password_too_short",
    "seven small elephants " * 6: "password_too_long",
    "x1y2z3w4" * 17: "password_too_long",
    "aaaaaaaaaaaaaaaa": "password_too_common",
    "abababababababab": "password_too_common",
    "123412341234123412": "password_too_common",
    "password password password": "password_too_common",
    "pass-word_pass word": "password_too_common",
    "monkey, monkey, monkey!": "password_too_common",
    "1234567890123456": "password_too_common",
    "0987654321098765": "password_too_common",
    "abcdefghijklmnop": "password_too_common",
    "ponmlkjihgfedcba": "password_too_common",
    "qwertyuiopasdfgh": "password_too_common",
    "lkjhgfdsapoiuytr": "password_too_common",
    "azertyuiopqsdfgh": "password_too_common",
    "passwordpassword": "password_too_common",
    "PasswordPassword": "password_too_common",
    "password12345678": "password_too_common",
    "12345678password": "password_too_common",
    "!!!!!!!password!!!!!!!": "password_too_common",
    "sunshinesunshine": "password_too_common",
    "letmeinletmeinletmein": "password_too_common",
    "kuvakakuvakakuvaka": "password_too_common",
    "Kuvaka2026!!!!!!!!": "password_too_common",
    "chatroomchatroom1": "password_too_common",
    "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ": "password_too_common",
    "aabbabaabbabbaab": "password_too_common",
    "1qaz2wsx3edc4rfv": "password_too_common",
    "p@ssw0rd p@ssw0rd": "password_too_common",
    "112233445566778": "password_too_common",
    "january2026january": "password_too_common",
    "my number 9876543210": "password_has_number",
    "+91 98765 43210 is me": "password_has_number",
    "call 098765-43210 now": "password_has_number",
}


@pytest.mark.parametrize("password", GOOD)
def test_a_long_password_of_any_kind_is_good(password: str) -> None:
    validate_password(password, User(mobile_number=NUMBER))
    assert check_password(normalised(password), make_password(normalised(password)))


@pytest.mark.parametrize(("password", "code"), BAD.items())
def test_a_short_common_or_personal_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(mobile_number=NUMBER))
    assert code in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize("step", [100, pytest.param(10, marks=pytest.mark.faults)])
def test_common_passwords_are_refused_doubled_and_padded_too(step: int) -> None:
    common = sorted(CommonPasswordValidator().passwords)[::step]
    assert len(common) > 19_000 // step
    words = [word for word in common if word.isalpha() and len(word) > 3]
    for password in (*common, *(word * 4 for word in words), *(f"{word}!2345678901234" for word in words)):
        with pytest.raises(ValidationError):
            validate_password(password, User(mobile_number=NUMBER))


@pytest.mark.parametrize("password", ["4@8({[<369&1!|70$5+2%" * 6, "aB3$" * 32, "ab" * 31 + "ba" * 33])
def test_no_password_takes_long_to_check(password: str) -> None:
    """Zxcvbn takes quadratic time, and minutes for many substituted letters."""
    started = time.process_time()
    with contextlib.suppress(ValidationError):
        validate_password(password, User(mobile_number=NUMBER))
    assert time.process_time() - started < 10


def test_no_character_is_cut_off(client: Any, number: str) -> None:
    password = "seven small elephants " * 5 + "and sixteen more."
    User.objects.create_user(number, password)
    for shortened in (password[:72], password[:-1], password + " "):
        response = client.send("/auth/login", mobile_number=number, password=shortened)
        assert problem(response) == (401, "invalid_credentials")
    assert client.send("/auth/login", mobile_number=number, password=password).status_code == 200


def test_the_longest_password_of_emoji_comes_through_the_api(
    client: Any, number: str, sign_in: Callable[..., Any]
) -> None:
    password = "🐘🦒🦓🐪🦏🦛🐆🐅" * 8 + "é漢ش 🧑‍🚀" * 9
    assert 100 < len(password) <= 128
    sign_in(number, password=password)
    assert client.send("/auth/login", mobile_number=number, password=password).status_code == 200


def test_a_hash_is_argon2id_and_takes_its_time(real_hashing: None) -> None:
    started = time.process_time()
    encoded = make_password("seven small elephants")
    assert encoded.startswith("argon2$argon2id$")
    assert time.process_time() - started > 0.02, "the work factor is too low"


def test_what_is_too_long_is_not_normalised_first() -> None:
    """NFKC of many combining marks takes quadratic time, and holds up the whole process."""
    marks = "a" + "\u0301\u0316" * 30_000
    assert normalised(marks) is marks
    assert len(normalised("a" + "\u0301\u0316" * 500)) < 1_001
