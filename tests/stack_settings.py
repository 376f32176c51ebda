"""The settings of a stack's processes, by their names in the environment."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.stack import Stack


def environment_of(stack: "Stack") -> dict[str, str]:
    """What all processes of a stack start with."""
    return {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(stack.port),
        "STREAM_PORT": str(stack.stream_port),
        "STREAM_ORIGIN": f"http://127.0.0.1:{stack.stream_port}",
        "WEB_PROCESSES": "2",
        "DATABASE_URL": stack.database_url,
        "DATABASE_POOL_SIZE": "12",
        "REDIS_URL": stack.redis.url,
        "DATA_DIR": str(stack.folder),
        "GEMINI_CLIENT": "google-genai",
        "GEMINI_API_KEY": "a-key-for-the-double",
        "GEMINI_BASE_URL": stack.double.base_url,
        "GEMINI_BREAKER_FAILURES": "1000000",  # tests of failures would shut the others out
        "SMS_DELIVERY": "response",
        **stack.stripe.settings(),
        "AUTH_REQUESTS_PER_MINUTE": "1000000",
        "LOG_FORMAT": "json",
        "REPLY_LEASE": "15",  # no pause of the machine reaches it: tests that need its end call `expire_leases`
        "REPLY_REAP_EVERY": "1",
        "REPLY_REPUBLISH_AFTER": "2",
        **{f"SMS_PER_{what}": "1000000" for what in ("ADDRESS_HOUR", "PREFIX_HOUR", "COUNTRY_DAY", "DAY")},
    }


def production(stack: "Stack") -> dict[str, str]:
    """What makes a process run as in production; `web` would then redirect to HTTPS."""
    return {
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_ORIGIN": stack.url,
        "SHOW_CODES_TO_ANYONE": "true",
    }
