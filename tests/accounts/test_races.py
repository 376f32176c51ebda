"""Real processes, real parallelism, many rounds of each: a race passes some rounds by luck."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import psycopg
import pytest
import requests

from accounts.otp import ISSUING
from tests.accounts.burst import Burst, bursts
from tests.accounts.conftest import PASSWORD, wrong
from tests.waiting import TIMEOUT, in_parallel, until_not_busy

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture(params=[1, pytest.param(20, marks=pytest.mark.faults)])
def rounds(request: pytest.FixtureRequest) -> range:
    return range(request.param)


@pytest.fixture(scope="module")
def burst(shared_stack: Any) -> Iterator[Burst]:
    with bursts(shared_stack.url) as made:
        yield made


@pytest.fixture
def fresh() -> Callable[[], str]:
    return lambda: f"+919{random.randrange(10**8, 10**9)}"


def post(stack: Any, path: str, **body: Any) -> dict[str, Any]:
    response = requests.post(stack.url + path, json=body, timeout=TIMEOUT)
    assert response.ok, response.text
    return dict(response.json())


def ask(stack: Any, credentials: dict[str, str]) -> int:
    """Sign in with a password, again while no slot is free, and return the status."""
    return until_not_busy(
        lambda: requests.post(f"{stack.url}/auth/login", json=credentials, timeout=TIMEOUT), {"service_unavailable"}
    ).status_code


def code_for(stack: Any, number: str) -> str:
    return str(post(stack, "/auth/send-otp", mobile_number=number)["otp"])


def counted(responses: list[Any]) -> Counter[tuple[int, str]]:
    """Count the responses by status and code, without those of a busy database, after which a client sends again."""
    return Counter((response.status, response.code) for response in responses if response.code != "service_unavailable")


def test_fifty_refreshes_of_one_token_give_one_living_successor(
    stack: Any, burst: Burst, fresh: Callable[[], str], rounds: range
) -> None:
    for _ in rounds:
        number = fresh()
        tokens = post(stack, "/auth/verify-otp", mobile_number=number, otp=code_for(stack, number))
        old = tokens["refresh_token"]
        responses = burst.post("/auth/refresh", [{"refresh_token": old}] * 50)
        assert set(counted(responses)) == {(200, "")}
        [successor] = {response.body["refresh_token"] for response in responses if response.status == 200}
        [row] = stack.sql(
            "SELECT s.current_jti::text, s.previous_jti::text, s.revoked_at FROM accounts_session s "
            "JOIN accounts_user u ON u.id = s.user_id WHERE u.mobile_number = %s",
            number,
        )
        assert [value and value.replace("-", "") for value in row] == [_id(successor), _id(old), None]
        assert post(stack, "/auth/refresh", refresh_token=successor)["refresh_token"] != successor


def test_of_a_hundred_wrong_codes_five_are_evaluated(
    stack: Any, burst: Burst, fresh: Callable[[], str], rounds: range
) -> None:
    for _ in rounds:
        number = fresh()
        digits = code_for(stack, number)
        responses = burst.post("/auth/verify-otp", [{"mobile_number": number, "otp": wrong(digits)}] * 100)
        assert set(counted(responses)) == {(400, "invalid_code")}
        assert stack.sql("SELECT guesses, used_at FROM accounts_onetimecode WHERE number = %s", number) == [(5, None)]
        assert stack.sql("SELECT kind, failures FROM accounts_tries WHERE number = %s", number) == [("code", 5)]
        body = {"mobile_number": number, "otp": digits}
        assert requests.post(f"{stack.url}/auth/verify-otp", json=body, timeout=TIMEOUT).status_code == 400


def test_of_fifty_right_codes_one_signs_in(stack: Any, burst: Burst, fresh: Callable[[], str], rounds: range) -> None:
    for _ in rounds:
        number = fresh()
        body = {"mobile_number": number, "otp": code_for(stack, number)}
        responses = burst.post("/auth/verify-otp", [body] * 50)
        assert (counted(responses)[200, ""], set(counted(responses))) == (
            1,
            {(200, ""), (400, "invalid_code")},
        )
        [(sessions,)] = stack.sql(
            "SELECT count(*) FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id WHERE mobile_number = %s",
            number,
        )
        assert sessions == 1


def test_of_a_hundred_requests_for_a_code_one_is_served(
    stack: Any, burst: Burst, fresh: Callable[[], str], rounds: range
) -> None:
    for _ in rounds:
        number = fresh()
        responses = burst.post("/auth/send-otp", [{"mobile_number": number}] * 100)
        assert (counted(responses)[200, ""], set(counted(responses))) == (
            1,
            {(200, ""), (429, "too_many_codes")},
        )
        assert stack.sql("SELECT count(*) FROM accounts_onetimecode WHERE number = %s", number) == [(1,)]


def test_a_stopped_counter_of_codes_is_waited_for_two_seconds(stack: Any, fresh: Callable[[], str]) -> None:
    with psycopg.connect(stack.database_url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [ISSUING])
        response = requests.post(f"{stack.url}/auth/send-otp", json={"mobile_number": fresh()}, timeout=TIMEOUT)
        left = stack.sql(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
        )
    assert (response.status_code, response.json()["code"]) == (503, "service_unavailable")
    assert left == [(0,)], "a statement was left waiting"
    assert code_for(stack, fresh())


def test_of_twenty_wrong_passwords_five_are_evaluated(stack: Any, burst: Burst, fresh: Callable[[], str]) -> None:
    for _ in range(2):  # a hash costs a tenth of a second
        number = fresh()
        post(stack, "/auth/verify-otp", mobile_number=number, otp=code_for(stack, number), password=PASSWORD)
        wrong_one = {"mobile_number": number, "password": "not the password"}
        responses = burst.post("/auth/login", [wrong_one] * 20)
        evaluated = counted(responses)[401, "invalid_credentials"]
        assert set(counted(responses)) <= {(401, "invalid_credentials"), (429, "too_many_tries")}
        # An attempt that finds no slot in three seconds (on a slow machine) does not count: repeat until five count.
        while evaluated < 5 and ask(stack, wrong_one) == 401:
            evaluated += 1
        assert (evaluated, ask(stack, wrong_one)) == (5, 429)


def test_two_users_who_exchange_numbers_do_not_deadlock(stack: Any, burst: Burst, fresh: Callable[[], str]) -> None:
    """Each proves both numbers at once, in orders that would deadlock if they were not sorted."""
    here, there = fresh(), fresh()
    users = {}
    for number in (here, there):
        users[number] = post(stack, "/auth/verify-otp", mobile_number=number, otp=code_for(stack, number))
    for mine, wanted in ((here, there), (there, here)):
        stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '61 seconds'")
        header = {"Authorization": f"Bearer {users[mine]['access_token']}"}
        asked = requests.post(
            f"{stack.url}/auth/change-number", json={"new_mobile_number": wanted}, headers=header, timeout=TIMEOUT
        )
        users[mine] |= asked.json()

    def confirm(number: str, turn: int) -> int:
        user = users[number]
        header = {"Authorization": f"Bearer {user['access_token']}"}
        body = {"otp": wrong(user["otp"]) if turn % 2 else user["otp"], "new_otp": wrong(user["new_otp"])}
        response = requests.post(f"{stack.url}/auth/change-number/confirm", json=body, headers=header, timeout=TIMEOUT)
        return response.status_code

    statuses = in_parallel([lambda n=number, t=turn: confirm(n, t) for turn in range(10) for number in (here, there)])
    assert set(statuses) <= {400, 429, 503}, "503 where PostgreSQL was too busy"
    assert "DeadlockDetected" not in stack.log("web")


def _id(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["jti"])
