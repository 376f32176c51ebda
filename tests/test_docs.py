"""The pages are correct: their links work, and their numbers, commands and examples agree with the code."""

import re
import shlex
import subprocess
import sysconfig
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from accounts import codes, failed_attempts, idempotency, passwords, sessions, tokens
from accounts.api_key_views import ApiKeyLimit
from accounts.api_keys import keys
from accounts.limits import UserLimit
from accounts.models.api_keys import MAX_KEY_NAME
from accounts.models.webhooks import MAX_WEBHOOK_URL
from accounts.webhook_views import WebhookLimit
from accounts.webhooks import endpoints, schedule, sending, transport
from billing import catalogue, webhook
from chatrooms import hidden_rooms, long_poll, models, redis_stream, tickets
from chatrooms.attachments import direct, links, uploads
from chatrooms.attachments import models as file_models
from chatrooms.attachments.content import documents, pictures, sounds
from chatrooms.limits import DownloadLimit, UploadLimit
from chatrooms.models import RoomKind
from chatrooms.serializers import RoomSerializer, SearchSerializer
from chatrooms.streaming import client_stream, subscriber
from chatrooms.streaming.app import DIALECT_STREAMS_PER_USER
from chatrooms.views.messages import MessageParser
from config import environment, processes
from config.dev.server_binaries import POSTGRESQL
from config.file_settings import MAX_FILE_BYTES
from config.http.pagination import LinkPagination
from config.http.parsers import JSONParser, LargeJSONParser
from config.http.problems import problems
from gemini import limits as gemini_limits
from tests import servers

ROOT = processes.ROOT
DOCS = ROOT / "docs"
OURS = sorted(page for page in DOCS.rglob("*.md") if "node_modules" not in page.parts)
PAGES = [ROOT / "README.md", *OURS]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (DOCS / name).read_text()


# --- Links ------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of headings on GitHub: lower case, hyphens for spaces, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", heading.lower())) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_has_a_target(page: Path) -> None:
    dead = []
    for link in LINK.findall(page.read_text()):
        if re.match(r"https?:|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_index_names_every_page() -> None:
    named = {link.partition("#")[0] for link in LINK.findall(text_of("README.md"))}
    pages = {str(page.relative_to(DOCS)) for page in OURS} - {"README.md"}
    assert pages - named == set()


def test_the_readme_links_to_the_index() -> None:
    assert "docs/README.md" in LINK.findall((ROOT / "README.md").read_text())


# --- limits.md --------------------------------------------------------------------------------------------------------


def rows() -> dict[str, list[str]]:
    lines = [line for line in text_of("limits.md").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: rest for first, *rest in cells}


def test_the_limits_page_has_the_default_of_every_setting() -> None:
    documented = {row[1].strip("`"): row[0] for row in rows().values() if re.fullmatch(r"`[A-Z_]+`", row[1])}
    assert len(documented) >= 9
    assert documented == {name: str(environment.names()[name]) for name in documented}
    assert {
        name for name in environment.names() if re.match(r"SMS_PER_|.*_PER_USER", name)
    } - documented.keys() == set()


def test_the_limits_page_has_the_seeded_tiers() -> None:
    kinds = {
        "daily_messages": "Messages per day (UTC)",
        "sends_per_minute": "Sends per minute and user",
        "waiting_replies": "Messages waiting for a reply",
        "parallel_replies": "Concurrent replies per user",
        "max_output_tokens": "Output tokens per reply",
        "context_tokens": "Tokens of history sent to the model",
        "file_bytes": "Bytes of a file",
        "files_per_message": "Files per message",
        "kept_file_bytes": "Bytes of all files of a user",
    }
    for values in catalogue.SEEDS.values():
        for field, words in kinds.items():
            number = "none" if values[field] is None else str(values[field])
            assert rows()[f"{words}, {values['name']}"][0] == number


def test_the_fixed_limits_of_the_page_agree_with_the_code() -> None:
    def longest(serializer: Any, field: str) -> int:
        return int(serializer().fields[field].max_length)

    pool = environment.Environment.model_fields["WEB_THREADS"].default
    expected: dict[str, Any] = {
        "Characters of a message": models.MAX_CONTENT,
        "Bytes of a reply": gemini_limits.MAX_TEXT,
        "Characters of a room's name": longest(RoomSerializer, "name"),
        "Characters of a room's system instruction": longest(RoomSerializer, "system_instruction"),
        "Entries per page (`?limit=`)": LinkPagination.max_page_size,
        "Characters of a search": longest(SearchSerializer, "q"),
        "Bytes of a request body": JSONParser.limit,
        "Bytes of a message's request body (its characters may be escaped)": MessageParser.limit,
        "Bytes of a request body under `/v1/`": LargeJSONParser.limit,
        "Hours that a chat completion is kept after its reply": hidden_rooms.KEPT[RoomKind.COMPLETION].seconds // 3600,
        "Days that a response is kept after the last reply that goes on from it": hidden_rooms.KEPT[
            RoomKind.RESPONSE
        ].days,
        "Bytes of a file that a tier can allow": MAX_FILE_BYTES,
        "Pixels of a picture": pictures.MAX_PIXELS,
        "Pixels of a picture's longer side": pictures.MAX_SIDE,
        "Pages of a PDF": documents.MAX_PAGES,
        "Seconds of audio": int(sounds.MAX_SECONDS),
        "Characters of a file's name": file_models.MAX_NAME,
        "Uploads per minute and user": UploadLimit.rate,
        "Downloads per minute and user": DownloadLimit.rate,
        "Seconds of an upload": uploads.LONGEST,
        "Concurrent uploads per `web` process": uploads.AT_ONCE,
        "Concurrent uploads of one user per `web` process": uploads.AT_ONCE_OF_USER,
        "Seconds that a link to a file is valid": int(links.LIFETIME.total_seconds()),
        "Seconds that the URL of a direct upload is valid": int(direct.LIFETIME.total_seconds()),
        "Minutes that a direct upload waits to be completed": file_models.UPLOAD_TAKES_AT_MOST.seconds // 60,
        "Hours that a file waits for its message": file_models.KEPT_UNATTACHED.days * 24,
        "Seconds of `?wait=`": long_poll.MAX_WAIT,
        "Waiting requests per `web` process": pool - long_poll.RESERVED_THREADS,
        "Replies under `/v1/` that are open, per user and `stream` process": DIALECT_STREAMS_PER_USER,
        "Seconds that a stream's ticket is valid": int(tickets.LIFETIME.total_seconds()),
        "Seconds that a finished stream can be resumed": redis_stream.ENDED_SECONDS,
        "Seconds between two pings": int(client_stream.PING_SECONDS),
        "Bytes that a client may lag behind": subscriber.MAX_PENDING_BYTES,
        "Seconds that a code is valid": codes.LIFETIME.seconds,
        "Guesses per code": codes.GUESSES,
        "Wrong codes in a row per phone number": failed_attempts.CODES_A_DAY,
        "Wrong passwords in a row per phone number": failed_attempts.FREE_PASSWORDS,
        "Wrong codes or passwords in a row until a permanent lock": failed_attempts.MAX_FAILURES,
        "Characters of a password": f"{passwords.SHORTEST} to {passwords.LONGEST}",
        "Seconds that an access token is valid": int(tokens.ACCESS_LIFETIME.total_seconds()),
        "Days that a refresh token is valid": tokens.REFRESH_LIFETIME.days,
        "Days that a session can be refreshed in total": tokens.FAMILY_LIFETIME.days,
        "Webhook endpoints per account": endpoints.MOST,
        "Webhook endpoints made, rotated or tested per minute and user": WebhookLimit.rate,
        "Deliveries replayed per minute and user": UserLimit.rate,
        "Characters of an endpoint's URL": MAX_WEBHOOK_URL,
        "Seconds for which the former secret signs, too": int(endpoints.LONGEST_OVERLAP.total_seconds()),
        "Seconds for the whole request to an endpoint": int(transport.DEADLINE),
        "Attempts of a delivery": len(schedule.PAUSES) + 1,
        "Requests to an endpoint at a time": sending.MOST_IN_FLIGHT,
        "Requests to all endpoints of a user at a time": sending.MOST_OF_USER,
        "Days that an endpoint may fail": schedule.FAILING_FOR.days,
        "API keys per account": keys.MOST,
        "API keys made or rotated per minute and user": ApiKeyLimit.rate,
        "Days that an API key is valid": keys.LONGEST_DAYS,
        "Seconds of overlap after a rotation": int(keys.LONGEST_OVERLAP.total_seconds()),
        "Characters of an API key's name": MAX_KEY_NAME,
        "Minutes after a sign-in in which API keys are made": sessions.RECENT.seconds // 60,
        "Hours that an `Idempotency-Key` is remembered": int(idempotency.KEPT.total_seconds()) // 3600,
        "Characters of an `Idempotency-Key`": idempotency.LONGEST,
        "Bytes of a Stripe event": webhook.LIMIT,
    }
    assert {name: rows()[name][0] for name in expected} == {name: str(value) for name, value in expected.items()}
    assert codes.RESEND_AFTER.seconds == 60


def test_the_limits_page_has_every_code_of_a_limit() -> None:
    known = {kind.code: int(kind.status) for kind in problems()}
    page = text_of("limits.md")
    assert [code for code, status in known.items() if status == 429 and f"`{code}`" not in page] == []
    named = re.findall(r"\b(4\d\d|503) `(\w+)`", page)
    assert {code: int(status) for status, code in named}.items() <= known.items()


# --- deployment.md ----------------------------------------------------------------------------------------------------


COMMANDS = {f"python -m config.processes {name}" for name in processes.parse_procfile()}


def test_railways_table_names_every_process() -> None:
    assert {
        f"python -m config.processes {name}" for name in re.findall(r"config\.processes (\w+)", railway())
    } == COMMANDS


def railway() -> str:
    return text_of("deployment.md").partition("## Railway")[2].partition("\n## ")[0]


# --- operation.md -----------------------------------------------------------------------------------------------------


def options_of(program: str) -> list[str]:
    """The options of a PostgreSQL program on the page, without those for the connection."""
    page = text_of("operation.md").replace("\\\n", " ")
    [line] = [line for line in page.splitlines() if f"postgres {program} " in line]
    words = shlex.split(re.split(r"[<>]", line.partition(f" {program} ")[2])[0])
    return [word for word in words if word.startswith("--") and not re.match("--(username|dbname)=", word)]


def test_the_documented_backup_and_restore_work(tmp_path: Path) -> None:
    from tests.conftest import _urls

    template = servers.ensure_template(_urls)
    kept, hurt = (servers.clone_database(_urls, template, name) for name in ("backup_kept", "backup_hurt"))
    remember = "INSERT INTO accounts_tries (number, kind, failures) VALUES (%s, 'code', %s)"
    with psycopg.connect(kept, autocommit=True) as database:
        database.execute(remember, ["+1", 7])
    with psycopg.connect(hurt, autocommit=True) as database:
        database.execute(remember, ["+2", 9])
        database.execute("DROP TABLE chatrooms_chatroom CASCADE")
        # Tables that a later version has added, which are in no dump of an earlier one.
        database.execute("CREATE TABLE added_since (user_id bigint REFERENCES accounts_user)")
        database.execute("CREATE TABLE added_alone (id int)")
    dump, name = tmp_path / "kuvaka.dump", urlsplit(hurt).path.lstrip("/")
    server, restored = servers.with_name(hurt, "postgres"), servers.with_name(hurt, f"{name}_restored")

    run("pg_dump", *options_of("pg_dump"), f"--file={dump}", kept)
    run("createdb", f"--maintenance-db={server}", *options_of("createdb"), f"{name}_restored")
    run("pg_restore", *options_of("pg_restore"), f"--dbname={restored}", str(dump))
    run("dropdb", f"--maintenance-db={server}", *options_of("dropdb"), name)
    run("psql", f"--dbname={server}", f'--command=ALTER DATABASE "{name}_restored" RENAME TO "{name}"')

    with psycopg.connect(hurt) as database:
        assert database.execute("SELECT number, failures FROM accounts_tries").fetchall() == [("+1", 7)]
        assert database.execute("SELECT count(*) FROM chatrooms_chatroom").fetchone() == (0,)


def run(program: str, *arguments: str) -> None:
    path = Path(sysconfig.get_path("purelib")) / POSTGRESQL / "bin" / program
    done = subprocess.run([str(path), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_code_logs_every_event_of_the_page() -> None:
    table = text_of("operation.md").partition("## When something is wrong")[2]
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", table))
    code = "\n".join(
        file.read_text()
        for folder in ("accounts", "billing", "chatrooms", "config", "gemini")
        for file in (ROOT / folder).rglob("*.py")
    )
    assert len(named) > 15
    assert {name for name in named if f'"{name}"' not in code} <= {"grant_pro", "request_id"}
