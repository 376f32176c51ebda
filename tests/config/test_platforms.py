"""render.yaml and fly.toml agree with the Procfile, the settings and the platforms' references."""

import base64
import secrets
import tomllib
from typing import Any

import yaml

from config import environment, processes

RENDER: dict[str, Any] = yaml.safe_load((processes.ROOT / "render.yaml").read_text())
GROUP: dict[str, dict[str, Any]] = {each["key"]: each for each in RENDER["envVarGroups"][0]["envVars"]}
OURS = {service["name"]: service for service in RENDER["services"] if service["type"] != "keyvalue"}
STORES = {each["name"]: each for each in RENDER["databases"] + RENDER["services"] if each["name"] not in OURS}

FLY: dict[str, Any] = tomllib.loads((processes.ROOT / "fly.toml").read_text())

COMMANDS = {name: f"python -m config.processes {name}" for name in processes.parse_procfile()}
BY_HAND: dict[str, Any] = {
    "GEMINI_API_KEY": "a-key",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "a-token",
    "TWILIO_FROM": "+14155550100",
    "STRIPE_SECRET_KEY": "sk_test_" + "a" * 24,
    "STRIPE_WEBHOOK_SECRET": "whsec_a",
}
"""What the owner has to set on both platforms: the keys of Gemini, Twilio and Stripe."""

SLOWEST_END = 28
"""Seconds in which `web` may finish its requests (`--workers-kill-timeout` in the Procfile)."""


def generated() -> str:
    """What Render generates: 256 bits, in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


# --- Render -----------------------------------------------------------------------------------------------------------


def test_render_starts_every_process_once_and_releases_before() -> None:
    started = {name.removeprefix("kuvaka-"): service["dockerCommand"] for name, service in OURS.items()}
    before = {name: service["preDeployCommand"] for name, service in OURS.items() if "preDeployCommand" in service}

    assert started == {name: command for name, command in COMMANDS.items() if name != processes.ONCE}
    assert before == {"kuvaka-web": COMMANDS[processes.ONCE]}
    assert {service["runtime"] for service in OURS.values()} == {"docker"}
    assert OURS["kuvaka-beat"]["numInstances"] == 1


def test_render_has_valid_keys_and_references() -> None:
    given = OURS["kuvaka-web"]["envVars"]

    assert set(RENDER) == {"services", "databases", "envVarGroups"}
    assert all(service["envVars"] == given for service in OURS.values())
    assert [each["fromGroup"] for each in given if "fromGroup" in each] == [RENDER["envVarGroups"][0]["name"]]
    sources = {each["key"]: each.get("fromDatabase") or each["fromService"] for each in given if "key" in each}
    assert {name: source["property"] for name, source in sources.items()} == {
        "DATABASE_URL": "connectionString",
        "REDIS_URL": "connectionString",
    }
    assert {source["name"] for source in sources.values()} == set(STORES)


def test_renders_stores_are_private_and_evict_nothing() -> None:
    assert {name: store["ipAllowList"] for name, store in STORES.items()} == {"kuvaka-db": [], "kuvaka-redis": []}
    assert STORES["kuvaka-redis"]["maxmemoryPolicy"] == "noeviction"


def test_render_gives_the_processes_the_time_to_end() -> None:
    lead_time = {name: service.get("maxShutdownDelaySeconds", 30) for name, service in OURS.items()}

    assert f"--workers-kill-timeout {SLOWEST_END} " in processes.parse_procfile()["web"]
    assert lead_time["kuvaka-web"] > SLOWEST_END
    assert lead_time["kuvaka-worker"] > environment.Environment.model_fields["REPLY_DRAIN"].default + 10


def test_the_settings_accept_renders_environment() -> None:
    literal = {name: each["value"] for name, each in GROUP.items() if "value" in each}
    made = {name: generated() for name, each in GROUP.items() if each.get("generateValue")}
    stores = {"DATABASE_URL": "postgresql://user:word@host:5432/kuvaka", "REDIS_URL": "redis://red-1:6379"}

    settings = environment.Environment(_env_file=None, DEBUG=False, **literal, **made, **stores, **BY_HAND)

    assert set(literal) | set(made) <= set(environment.names())
    assert set(made) == {"SECRET_KEY", "JWT_SIGNING_KEY"}
    assert settings.ALLOWED_HOSTS == [settings.WEB_ORIGIN.removeprefix("https://")] == ["kuvaka-web.onrender.com"]
    assert settings.STREAM_ORIGIN == "https://kuvaka-stream.onrender.com"
    assert settings.DATABASE_POOL_SIZE * 8 < 97, "PostgreSQL's own limit of 100, less what it keeps for superusers"


# --- Fly --------------------------------------------------------------------------------------------------------------


def test_fly_releases_first_and_starts_every_process() -> None:
    assert FLY["processes"] | {processes.ONCE: FLY["deploy"]["release_command"]} == COMMANDS
    assert FLY["deploy"]["release_command_timeout"] == "30m"


def test_flys_addresses_lead_to_web_and_to_stream() -> None:
    [stream] = FLY["services"]
    ports = processes.parse_procfile()

    assert (FLY["http_service"]["processes"], stream["processes"]) == (["web"], ["stream"])
    assert f"--port ${{PORT:-{FLY['http_service']['internal_port']}}} " in ports["web"]
    assert f"${{PORT:-{stream['internal_port']}}}" in ports["stream"]
    [port] = stream["ports"]
    assert FLY["env"]["STREAM_ORIGIN"] == f"{FLY['env']['WEB_ORIGIN']}:{port['port']}"
    assert [check["path"] for check in FLY["http_service"]["checks"]] == ["/readyz"]


def test_fly_gives_the_processes_the_time_to_end() -> None:
    assert FLY["kill_signal"] == "SIGTERM"
    assert int(FLY["kill_timeout"].removesuffix("s")) > SLOWEST_END


def test_the_settings_accept_what_fly_gives_and_its_secrets() -> None:
    kept = {name: generated() for name in ("SECRET_KEY", "JWT_SIGNING_KEY")} | BY_HAND
    stores = {"DATABASE_URL": "postgresql://user:word@host:5432/kuvaka", "REDIS_URL": "rediss://:word@host:6379"}

    settings = environment.Environment(_env_file=None, DEBUG=False, **FLY["env"], **kept, **stores)

    assert set(FLY["env"]) <= set(environment.names())
    assert [f"{FLY['app']}.fly.dev"] == settings.ALLOWED_HOSTS
    assert f"https://{FLY['app']}.fly.dev" == settings.WEB_ORIGIN
