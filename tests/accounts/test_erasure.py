"""An account ends: at once for its owner, and step by step until nothing is left of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import credentials, failed_attempts, idempotency, otp, tasks
from accounts.exceptions import InvalidCode, InvalidCredentials, SessionEnded
from accounts.models import FailedAttempts, IdempotencyKey, OneTimeCode, Purpose, Session, StaffAction, User
from accounts.personal_data import ErasureStep, Phase, erasure, registry
from accounts.staff import audit_trail
from tests.accounts.conftest import PASSWORD, change_me, problem
from tests.locks import wait_for_a_waiter

ADDRESS = "192.0.2.1"


class Step:
    """A step that notes when it ran, and fails as often as it is told."""

    def __init__(self, ran: list[str], name: str) -> None:
        self.ran, self.name, self.failures = ran, name, 0

    def __call__(self, *, user_id: int) -> None:
        self.ran.append(self.name)
        if self.failures:
            self.failures -= 1
            raise ValidationError("the text of somebody's message")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The tasks given to workers, instead of giving them."""
    taken: list[tuple[str, int]] = []
    for place in ("accounts.personal_data.erasure", "accounts.tasks"):
        monkeypatch.setattr(f"{place}.publish", lambda task, user_id: taken.append((task, user_id)) or True)
    return taken


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, ran: list[str]) -> dict[Phase, Step]:
    """A step of our own in every phase, registered the last first."""
    monkeypatch.setattr(registry, "erasure_steps", list(registry.erasure_steps))
    ours = {phase: Step(ran, phase.name) for phase in reversed(Phase)}
    for phase, step in ours.items():
        registry.register(erase=[ErasureStep(phase, phase.name, step)])
    return ours


@pytest.fixture
def user(sign_in: Callable[..., Any], number: str, published: list[Any]) -> User:
    """Somebody whose id is found in a row by looking for its digits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), 7310000000)")
    sign_in(number)
    return User.objects.get(mobile_number=number)


def delete_me(client: Any, token: str) -> Any:
    return client.delete("/user/me", HTTP_AUTHORIZATION=f"Bearer {token}")


def make_due(user: User) -> None:
    User.objects.filter(pk=user.pk).update(erase_next_attempt_at=Now())


def seconds_to_next_try(user: User) -> float:
    wait = User.objects.annotate(wait=F("erase_next_attempt_at") - Now()).values_list("wait", flat=True).get(pk=user.pk)
    return float(wait.total_seconds())


def belongings(user: User) -> str:
    """Every row that names the user, whatever the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 1")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            names = (str(user.pk), user.mobile_number)
            found += [f"{table} {row}" for (row,) in cursor.fetchall() if any(name in row for name in names)]
    return "\n".join(sorted(found))


# --- Asking for it ----------------------------------------------------------------------------------------------------


def test_a_deletion_is_accepted_and_given_to_a_worker_on_commit(
    client: Any, number: str, sign_in: Callable[..., Any], published: list[Any],
    django_capture_on_commit_callbacks: Any, logged: Any,
) -> None:  # fmt: skip
    token = sign_in(number)["access_token"]
    user = User.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answer = delete_me(client, token)
        assert published == []
    assert (answer.status_code, list(answer.json())) == (202, ["message"])
    assert published == [("accounts.tasks.erase", user.pk)]
    assert "security.erasure_requested" in logged.getvalue()


@pytest.mark.parametrize("token", ["access", "refresh", "another device's access", "another device's refresh"])
def test_every_device_is_signed_out_at_once(
    client: Any, number: str, sign_in: Callable[..., Any], published: list[Any], token: str
) -> None:
    other, mine = sign_in(number), sign_in(number)
    assert delete_me(client, mine["access_token"]).status_code == 202
    tokens = other if token.startswith("another") else mine
    answer = (
        client.ask("/user/me", tokens["access_token"])
        if token.endswith("access")
        else client.send("/auth/refresh", refresh_token=tokens["refresh_token"])
    )
    assert problem(answer) == (401, "session_ended")
    assert not Session.objects.filter(revoked_at=None).exists()


def test_an_account_being_erased_is_a_strangers(
    client: Any, number: str, sign_in: Callable[..., Any], code_for: Callable[..., str], published: list[Any]
) -> None:
    delete_me(client, sign_in(number, password=PASSWORD)["access_token"])
    by_code = client.send("/auth/verify-otp", mobile_number=number, otp=code_for(number))
    assert problem(by_code) == (400, "invalid_code")
    assert problem(client.send("/auth/login", mobile_number=number, password=PASSWORD)) == (401, "invalid_credentials")
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_request_that_was_let_in_before_the_mark_changes_nothing_after_it(user: User) -> None:
    erasure.begin(user_id=user.pk)
    before = User.objects.values().get(pk=user.pk)
    with pytest.raises(SessionEnded), transaction.atomic():
        User.touch_rooms(user.pk)
    with pytest.raises(SessionEnded):
        erasure.begin(user_id=user.pk)
    assert User.objects.values().get(pk=user.pk) == before


def test_a_change_of_the_account_that_was_let_in_before_is_refused(
    client: Any, number: str, sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, published: list[Any]
) -> None:
    from accounts.serializers import MeSerializer

    token = sign_in(number)["access_token"]
    user, checked = User.objects.get(), MeSerializer.is_valid

    def be_slow(self: Any, **options: Any) -> bool:
        erasure.begin(user_id=user.pk)
        return bool(checked(self, **options))

    monkeypatch.setattr(MeSerializer, "is_valid", be_slow)
    assert problem(change_me(client, token, display_name="Asha")) == (401, "session_ended")
    assert User.objects.get().display_name == ""


def test_staff_cannot_erase_their_accounts(
    client: Any, number: str, sign_in: Callable[..., Any], published: list[Any], logged: Any
) -> None:
    token = sign_in(number)["access_token"]
    User.objects.update(is_staff=True)
    before = User.objects.values().get()
    assert problem(delete_me(client, token)) == (409, "staff_account")
    assert User.objects.values().get() == before
    assert client.ask("/user/me", token).status_code == 200
    assert published == []
    assert "erasure" not in logged.getvalue()


def test_it_is_for_the_signed_in(client: Any, user: User) -> None:
    assert problem(client.delete("/user/me")) == (401, "not_authenticated")
    assert User.objects.get().erasing_at is None


def test_nobody_wakes_an_account_that_is_being_erased(user: User) -> None:
    erasure.begin(user_id=user.pk)
    with pytest.raises(IntegrityError, match="user_erasing_is_signed_out_and_tried"), transaction.atomic():
        User.objects.update(is_active=True)


# --- The steps --------------------------------------------------------------------------------------------------------


def test_the_steps_run_in_the_order_of_their_phases(user: User, steps: dict[Phase, Step], ran: list[str]) -> None:
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert ran == ["BILLING", "REPLIES", "CONTENT", "RECORDS", "ACCOUNT"]
    assert not User.objects.exists()


def test_an_account_that_is_not_marked_is_left_alone(user: User, steps: dict[Phase, Step], ran: list[str]) -> None:
    before = belongings(user)
    assert tasks.erase(user.pk) == "not_due"
    erasure.delete_account(user_id=user.pk + 1)
    assert (ran, belongings(user)) == ([], before)
    assert before


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase != Phase.ACCOUNT])
def test_a_step_that_fails_delays_the_erasure_and_skips_nothing(
    user: User, steps: dict[Phase, Step], ran: list[str], phase: Phase, logged: Any, frozen_clock: None
) -> None:
    steps[phase].failures = 2
    erasure.begin(user_id=user.pk)
    until = [each.name for each in Phase if each <= phase]
    for wait in (5, 10):
        assert tasks.erase(user.pk) == "postponed"
        assert seconds_to_next_try(user) == wait
        assert tasks.erase(user.pk) == "not_due"
        make_due(user)
    assert ran == until * 2
    assert tasks.erase(user.pk) == "done"
    assert ran == until * 2 + [each.name for each in Phase]
    line = next(line for line in logged.getvalue().splitlines() if "erasure_postponed" in line)
    assert f"step={phase.name} " in line
    assert "cause=ValidationError" in line
    assert "somebody's message" not in logged.getvalue()


def test_the_pauses_end_at_ten_minutes_and_the_tries_never(
    user: User, steps: dict[Phase, Step], frozen_clock: None
) -> None:
    steps[Phase.BILLING].failures = 1000
    erasure.begin(user_id=user.pk)
    pauses = []
    for _ in range(12):
        make_due(user)
        assert tasks.erase(user.pk) == "postponed"
        pauses.append(seconds_to_next_try(user))
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600, 600]
    User.objects.update(erase_attempts=2_000_000, erase_next_attempt_at=Now())
    assert tasks.erase(user.pk) == "postponed"
    assert seconds_to_next_try(user) == 600


def test_a_second_worker_leaves_an_erasure_alone_while_the_first_is_at_it(
    user: User, steps: dict[Phase, Step], monkeypatch: pytest.MonkeyPatch, frozen_clock: None
) -> None:
    erasure.begin(user_id=user.pk)
    seen: list[Any] = []

    def meanwhile(*, user_id: int) -> None:
        seen.extend([tasks.erase(user_id), erasure.due(), seconds_to_next_try(user)])

    registry.register(erase=[ErasureStep(Phase.RECORDS, "meanwhile", meanwhile)])
    assert tasks.erase(user.pk) == "done"
    assert seen == ["not_due", [], 60]


def test_two_workers_at_once_do_no_harm(user: User, steps: dict[Phase, Step], ran: list[str], logged: Any) -> None:
    erasure.begin(user_id=user.pk)

    def overtake(*, user_id: int) -> None:
        if ran.count("RECORDS") == 1:
            make_due(user)
            assert tasks.erase(user_id) == "done"

    registry.register(erase=[ErasureStep(Phase.RECORDS, "overtake", overtake)])
    assert tasks.erase(user.pk) == "done"
    assert ran.count("ACCOUNT") == 2
    assert logged.getvalue().count("security.erasure_done") == 1


def test_the_sweep_publishes_what_is_due_and_nothing_else(
    user: User, new_number: Callable[[], str], published: list[Any]
) -> None:
    resting, living = (User.objects.create_user(new_number()) for _ in range(2))
    for each in (user, resting):
        erasure.begin(user_id=each.pk)
    User.objects.filter(pk=resting.pk).update(erase_next_attempt_at=Now() + erasure.FIRST_PAUSE)
    assert tasks.erase_due() == 1
    assert published == [("accounts.tasks.erase", user.pk)]
    assert living.erasing_at is None


def test_an_erasure_is_repeated_without_a_change(user: User, logged: Any) -> None:
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert tasks.erase(user.pk) == "not_due"
    for step in registry.erasure_steps:
        step.run(user_id=user.pk)
    done = [line for line in logged.getvalue().splitlines() if "security.erasure_done" in line]
    assert len(done) == 1
    assert f"user_id={user.pk}" in done[0]
    assert user.mobile_number[3:] not in done[0]


# --- What is left -----------------------------------------------------------------------------------------------------


def test_nothing_of_the_account_is_left(
    client: Any, user: User, sign_in: Callable[..., Any], new_number: Callable[[], str], code_for: Callable[..., str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    token = sign_in(user.mobile_number)["access_token"]
    change_me(client, token, display_name="Asha", language="hi")
    idempotency.once(user_id=user.pk, route="message", key="k", body={}, status=202, work=lambda: 1)
    pass_time(61)
    assert client.send("/auth/change-number", token, new_mobile_number=new_number()).status_code == 200
    code_for(user.mobile_number, "/auth/forgot-password")
    failed_attempts.count(mobile_number=user.mobile_number, kind=FailedAttempts.Kind.PASSWORD)
    tables = {line.split()[0] for line in belongings(user).splitlines()}
    assert tables >= {f"accounts_{name}" for name in ("user", "session", "idempotencykey", "onetimecode", "tries")}
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert belongings(user) == ""
    assert not OneTimeCode.objects.exclude(mobile_number="", user=None, digest="").exists()


def test_of_one_of_the_staff_the_id_stays_in_what_they_did_and_nothing_else(user: User, new_number: Any) -> None:
    person = User.objects.create_user(new_number())
    with audit_trail.audit_staff_action(
        action="disable", staff=user, user_id=person.pk, reason="Abuse", address=ADDRESS
    ):
        pass
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert [line.split()[0] for line in belongings(user).splitlines()] == ["accounts_staffaction"]
    kept = StaffAction.objects.values_list("staff_id", "user_id", "action", "reason", "outcome", "address").get()
    assert kept == (user.pk, person.pk, "disable", "Abuse", "done", "")


def test_strangers_are_untouched(
    user: User, sign_in: Callable[..., Any], new_number: Callable[[], str], code_for: Callable[..., str]
) -> None:
    number = new_number()
    sign_in(number, password=PASSWORD)
    stranger = User.objects.get(mobile_number=number)
    idempotency.once(user_id=stranger.pk, route="message", key="k", body={}, status=202, work=lambda: 1)
    code_for(number)
    failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.CODE)
    before = belongings(stranger)
    assert before.count("\n") >= 5
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert belongings(stranger) == before


def test_the_number_can_sign_up_again_and_gets_a_new_account(
    client: Any, user: User, sign_in: Callable[..., Any]
) -> None:
    failed_attempts.count(mobile_number=user.mobile_number, kind=FailedAttempts.Kind.CODE)
    User.objects.update(display_name="Asha")
    erasure.begin(user_id=user.pk)
    tasks.erase(user.pk)
    body = client.ask("/user/me", sign_in(user.mobile_number)["access_token"]).json()
    assert body["id"] != user.pk
    assert (body["display_name"], body["password_set"], body["is_pro"]) == ("", False, False)


def test_a_waiting_code_is_never_sent_after_the_erasure(user: User, settings: Any) -> None:
    from accounts import delivery

    settings.SMS_DELIVERY = "console"
    OneTimeCode.objects.all().delete()
    otp.request(otp.CodeRequest(mobile_number=user.mobile_number, purpose=Purpose.SIGN_IN), address=ADDRESS)
    code = OneTimeCode.objects.get()
    erasure.begin(user_id=user.pk)
    tasks.erase(user.pk)
    assert delivery.send(code_id=code.pk) == "gone"
    assert delivery.due() == []


def test_who_erases_the_account_again_and_again_is_not_sent_more_codes(
    client: Any, number: str, settings: Any, pass_time: Callable[[float], None], published: list[Any]
) -> None:
    settings.SMS_PER_PREFIX_HOUR = 3
    for _ in range(3):
        pass_time(61)
        digits = client.send("/auth/send-otp", mobile_number=number).json()["otp"]
        tokens = client.send("/auth/verify-otp", mobile_number=number, otp=digits).json()
        user = User.objects.get()
        assert delete_me(client, tokens["access_token"]).status_code == 202
        assert tasks.erase(user.pk) == "done"
    pass_time(61)
    assert problem(client.send("/auth/send-otp", mobile_number=number)) == (429, "too_many_codes")
    assert OneTimeCode.objects.count() == 3


def test_what_belongs_to_the_account_is_deleted_in_batches_before_it(
    user: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    from accounts.personal_data import retention

    monkeypatch.setattr(retention, "BATCH", 2)
    keys = [
        IdempotencyKey(user=user, route="r", key_hash=str(number), body_hash="", status=202, object_id=1)
        for number in range(5)
    ]
    IdempotencyKey.objects.bulk_create(keys)
    erasure.begin(user_id=user.pk)
    deleted: list[int] = []
    monkeypatch.setattr(User, "delete", lambda self: deleted.append(IdempotencyKey.objects.count()))
    erasure.delete_account(user_id=user.pk)
    assert deleted == [0]


# --- Who signs in at the same moment ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["code", "password"])
def test_a_sign_in_that_waits_for_the_mark_begins_no_session(
    new_number: Callable[[], str], settings: Any, monkeypatch: pytest.MonkeyPatch, published: list[Any], by: str
) -> None:
    from threading import Thread

    user = User.objects.create_user(new_number(), PASSWORD)
    number, refused = user.mobile_number, []
    settings.SMS_DELIVERY = "response"
    [digits] = otp.request(otp.CodeRequest(mobile_number=number, purpose=Purpose.SIGN_IN), address=ADDRESS)

    def sign_in() -> None:
        try:
            if by == "code":
                credentials.sign_in_by_code(mobile_number=number, digits=digits or "", password=None, user_agent="")
            else:
                credentials.sign_in_by_password(mobile_number=number, password=PASSWORD, user_agent="")
        except (InvalidCode, InvalidCredentials) as error:
            refused.append(type(error))
        finally:
            connection.close()

    with transaction.atomic():
        erasure.begin(user_id=user.pk)
        other = Thread(target=sign_in)
        other.start()
        wait_for_a_waiter()
    other.join(60)
    assert refused == [InvalidCode if by == "code" else InvalidCredentials]
    assert not Session.objects.exists()
