"""The settings in the environment: what is read, and what is refused at start."""

import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.environment import HOSTING_MARKERS, ConfigurationError, Environment, load, names

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "SECRET_KEY": "s" * 32,
    "JWT_SIGNING_KEY": "j" * 32,
    "ALLOWED_HOSTS": "api.example.com, chat.example.com",
    "DATABASE_URL": "postgresql://kuvaka@db/kuvaka",
    "REDIS_URL": "redis://redis:6379/0",
    "WEB_ORIGIN": "https://api.example.com",
    "GEMINI_API_KEY": "a-key",
    "SMS_DELIVERY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+15005550006",
}
DEVELOPMENT = {"DEBUG": "true", "SECRET_KEY": "s" * 32, "JWT_SIGNING_KEY": "j" * 32}


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*names(), *HOSTING_MARKERS):
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Environment:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load()


def complaint(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read(monkeypatch, values)
    return str(raised.value)


def test_production_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    env = read(monkeypatch, GOOD)
    assert (env.DEBUG, env.GEMINI_CLIENT, env.LOG_FORMAT) == (False, "google-genai", "json")
    assert env.ALLOWED_HOSTS == ["api.example.com", "chat.example.com"]
    assert env.CACHE_URL == env.REDIS_URL


def test_development_needs_only_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    env = read(monkeypatch, DEVELOPMENT)
    assert (env.GEMINI_CLIENT, env.SMS_DELIVERY, env.LOG_FORMAT) == ("stand-in", "response", "console")


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "JWT_SIGNING_KEY",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "REDIS_URL",
        "WEB_ORIGIN",
        "GEMINI_API_KEY",
        "SMS_DELIVERY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_FROM",
    ],
)
def test_what_production_needs_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert name in complaint(monkeypatch, {each: value for each, value in GOOD.items() if each != name})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": "s" * 31}, "SECRET_KEY needs at least 32 bytes"),
        ({"JWT_SIGNING_KEY": "short"}, "JWT_SIGNING_KEY needs at least 32 bytes"),
        ({"JWT_SIGNING_KEY": "s" * 32}, "must differ"),
        ({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "db/x"}, "DATABASE_URL"),
        ({"REDIS_URL": "http://redis"}, "REDIS_URL"),
        ({"CACHE_URL": "memcached://x"}, "CACHE_URL"),
        ({"WEB_ORIGIN": "api.example.com"}, "WEB_ORIGIN"),
        ({"GEMINI_BASE_URL": "ftp://x"}, "GEMINI_BASE_URL"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"PROXY_HOPS": "-1"}, "PROXY_HOPS"),
        ({"PROXY_HOPS": "many"}, "PROXY_HOPS"),
        ({"PORT": "70000"}, "PORT"),
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"GEMINI_CLIENT": "gpt"}, "GEMINI_CLIENT"),
        ({"GEMINI_READ_TIMEOUT": "0"}, "GEMINI_READ_TIMEOUT"),
        ({"SMS_DELIVERY": "response"}, "SHOW_CODES_TO_ANYONE"),
        ({"SMS_DELIVERY": "console"}, "console"),
        ({"WEBHOOK_ALLOW_LOOPBACK": "true"}, "DEBUG only"),
        ({"PHONE_DEFAULT_REGION": "india"}, "PHONE_DEFAULT_REGION"),
        ({"DEBUG": "true"}, "DEBUG must be off in production (ALLOWED_HOSTS names"),
    ],
)
def test_what_is_malformed_or_weak_is_refused(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], named: str
) -> None:
    assert named in complaint(monkeypatch, GOOD | change)


@pytest.mark.parametrize("marker", HOSTING_MARKERS)
def test_debug_is_refused_on_a_hosting_platform(monkeypatch: pytest.MonkeyPatch, marker: str) -> None:
    assert f"{marker} is set" in complaint(monkeypatch, {**DEVELOPMENT, marker: "1"})


def test_production_shows_codes_only_with_an_explicit_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = read(monkeypatch, GOOD | {"SMS_DELIVERY": "response", "SHOW_CODES_TO_ANYONE": "true"})
    assert env.SMS_DELIVERY == "response"


def test_all_problems_are_reported_at_once_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    text = complaint(monkeypatch, {"SECRET_KEY": "weak-and-secret", "JWT_SIGNING_KEY": "weak-and-secret"})
    assert text.count("\n") >= 8
    assert "weak-and-secret" not in text


def test_a_process_that_cannot_start_gives_a_reason_and_no_trace() -> None:
    started = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env={"ENV_FILE": "/dev/null"}, capture_output=True, text=True
    )
    assert started.returncode != 0
    assert "SECRET_KEY needs at least 32 bytes" in started.stderr
    assert "Traceback" not in started.stderr


def test_an_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("PORT=9001\nGEMINI_MODEL=from-the-file\n")
    env = read(monkeypatch, DEVELOPMENT | {"ENV_FILE": str(file), "PORT": "9002"})
    assert (env.PORT, env.GEMINI_MODEL) == (9002, "from-the-file")


def test_the_deployment_check_is_silent_with_production_settings(settings: Any) -> None:
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            **GOOD,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": settings.DATABASE_URL,
            "ENV_FILE": "/dev/null",
            "PROXY_HOPS": "1",
        },
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout
    assert checked.stderr.strip() == ""


@pytest.mark.parametrize("name", ["REDIS_URL", "CACHE_URL"])
def test_an_unknown_certificate_check_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    said = complaint(monkeypatch, GOOD | {name: "rediss://redis:6380/0?ssl_cert_reqs=CERT_REQUIRED"})
    assert f"{name}: ssl_cert_reqs is one of required, optional, none" in said
    assert read(monkeypatch, GOOD | {name: "rediss://redis:6380/0?ssl_cert_reqs=none"})
