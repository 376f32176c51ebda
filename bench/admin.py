"""Response times of the admin with 100,000 users and a million messages: `make bench`.

A staff member with the role operator requests every list and page over HTTP. The target is 500 ms each; a test limits
each to fewer than 20 queries. The sign-in page, which makes no queries, is the baseline.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from django_otp.oath import TOTP

from tests import servers
from tests.conftest import _urls
from tests.stack import Stack, running

USERS, ROOMS, EXCHANGES = 100_000, 100_000, 500_000
ROUNDS = 7
PASSWORD = "an unguessable passphrase of staff"
KEY = "3132333435363738393031323334353637383930"
STAFF = "+919600000001"

SEED = (
    """
    INSERT INTO accounts_user (password, is_superuser, mobile_number, display_name, language, is_active, is_staff,
        rooms_version, erase_tries, created_at)
    SELECT '!', false, '+9197' || lpad(n::text, 8, '0'), 'User ' || n, '', true, false, 0, 0,
        now() - n * interval '25 seconds'
    FROM generate_series(1, %(users)s) n
    """,
    """
    INSERT INTO chatrooms_chatroom (user_id, name, system_instruction, created_at, updated_at)
    SELECT id, 'Room', '', created_at, created_at FROM accounts_user ORDER BY id LIMIT %(rooms)s
    """,
    """
    INSERT INTO billing_ledgerentry (user_id, day, amount, kind, created_at)
    SELECT 1 + n %% %(users)s, (now() - n * interval '5 seconds')::date, 1, 'send', now() - n * interval '5 seconds'
    FROM generate_series(1, %(exchanges)s) n
    ON CONFLICT DO NOTHING
    """,
    """
    WITH asked AS (
        INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left,
            is_parked, model, error, finish_reason, request_id, created_at)
        SELECT room.id, room.user_id, 'user', 'What is number ' || n || ' of ' || md5(n::text) || '?', false, '', 0, 3,
            false, '', '', '', '', now() - (%(exchanges)s - n) * interval '5 seconds'
        FROM generate_series(1, %(exchanges)s) n
        JOIN chatrooms_chatroom AS room ON room.id = %(first_room)s + n %% %(rooms)s
        RETURNING id, room_id, user_id, created_at
    )
    INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left, is_parked,
        model, error, finish_reason, request_id, answers_id, created_at, started_at, finished_at, first_token_ms,
        prompt_tokens, output_tokens)
    SELECT room_id, user_id, 'assistant', 'A reply to ' || md5(id::text), true,
        CASE WHEN id %% 20 = 1 THEN 'failed' ELSE 'done' END, 1, 3, false, 'a-model',
        CASE WHEN id %% 20 = 1 THEN 'provider_timeout' ELSE '' END, 'stop', '', id, created_at,
        created_at + interval '50 ms', created_at + interval '3 s', 300 + id %% 900, 100, 50
    FROM asked
    """,
    "VACUUM ANALYZE",
)


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with tempfile.TemporaryDirectory() as folder, running(database_url=database_url, folder=Path(folder)) as stack:
        seed(stack)
        session = sign_in(stack)
        print(f"{'':52}{'median ms':>10}{'slowest':>10}")
        for path in ("/admin/login/", *pages(stack)):
            times = [milliseconds(session, stack.url + path) for _ in range(ROUNDS + 1)][1:]
            print(f"{path:52}{statistics.median(times):10.0f}{max(times):10.0f}")


def seed(stack: Stack) -> None:
    """Insert the rows directly, without the API."""
    started = time.monotonic()
    first = stack.sign_up()
    first_room = first.room() + 1
    numbers: dict[str, Any] = {
        "users": USERS,
        "rooms": ROOMS,
        "exchanges": EXCHANGES,
        "first_room": first_room,
    }
    for statement in SEED:
        stack.sql(statement, **numbers)
    stack.run("make_staff", MAKE_STAFF)
    [(messages, users)] = stack.sql(
        "SELECT (SELECT count(*) FROM chatrooms_message), (SELECT count(*) FROM accounts_user)"
    )
    print(f"{users:,} users, {messages:,} messages: seeded in {time.monotonic() - started:.0f} s")
    started = time.monotonic()
    stack.run("statistics", "from accounts import statistics; statistics.collect()")
    print(f"statistics of a month: {time.monotonic() - started:.1f} s, including the start of a process")


MAKE_STAFF = f"""
from django.contrib.auth.models import Group
from django_otp.plugins.otp_totp.models import TOTPDevice
from accounts.models import User
staff = User.objects.create_user({STAFF!r}, {PASSWORD!r}, is_staff=True)
staff.groups.set(Group.objects.filter(name="operator"))
TOTPDevice.objects.create(user=staff, name="authenticator", key={KEY!r})
"""


def sign_in(stack: Stack) -> requests.Session:
    session = requests.Session()
    page = f"{stack.url}/admin/login/"
    session.get(page, timeout=30)
    totp = TOTP(bytes.fromhex(KEY))
    totp.time = time.time()
    form = {
        "username": STAFF,
        "password": PASSWORD,
        "otp_token": f"{totp.token():06}",
        "csrfmiddlewaretoken": session.cookies["csrftoken"],
    }
    if session.post(page, form, timeout=30, allow_redirects=False).status_code != 302:
        sys.exit("The sign-in to the admin failed.")
    return session


def pages(stack: Stack) -> list[str]:
    """Lists, also with searches and filters, and pages of rows in the middle of their tables."""
    [(user_id,)] = stack.sql("SELECT id FROM accounts_user ORDER BY id OFFSET 50000 LIMIT 1")
    [(number,)] = stack.sql("SELECT mobile_number FROM accounts_user WHERE id = %s", user_id)
    [(failed,)] = stack.sql("SELECT max(id) FROM chatrooms_message WHERE status = 'failed'")
    return [
        "/admin/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/?q=0{number[3:]}",
        "/admin/accounts/user/?is_active__exact=0",
        "/admin/accounts/user/?p=200",
        f"/admin/accounts/user/{user_id}/change/",
        "/admin/chatrooms/reply/",
        "/admin/chatrooms/reply/?status__exact=failed",
        "/admin/chatrooms/reply/?status__exact=queued",
        f"/admin/chatrooms/reply/?q={user_id}",
        f"/admin/chatrooms/reply/{failed}/change/",
        "/admin/chatrooms/chatroom/",
        "/admin/billing/ledgerentry/",
        f"/admin/billing/ledgerentry/?q={user_id}",
        "/admin/billing/ledgerentry/?kind__exact=retry",
        "/admin/billing/stripeevent/",
        "/admin/billing/tier/",
        "/admin/accounts/staffaction/",
        "/admin/djstripe/customer/",
        "/admin/django_celery_results/taskresult/",
    ]


def milliseconds(session: requests.Session, url: str) -> float:
    started = time.perf_counter()
    response = session.get(url, timeout=60)
    if response.status_code != 200:
        sys.exit(f"{url}: {response.status_code}")
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
