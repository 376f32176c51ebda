"""The Postman collection runs from top to bottom, unattended."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.dev import postman
from tests import node
from tests.config.postman_requests import requests_of
from tests.doubles.stripe.client import SECRET
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.needs_node, pytest.mark.faults]  # one request waits for a minute

MAX_SECONDS = 200
"""For the whole collection; one of its requests waits for a minute."""


def run(stack: Stack, folder: Path, **variables: str) -> dict[str, Any]:
    """Run the collection; return newman's report."""
    result = folder / "newman.json"
    given = {"base_url": stack.url, **variables}
    command = [str(node.newman()), "run", str(postman.COLLECTION), "--environment", str(postman.ENVIRONMENT)]
    for name, value in given.items():
        command += ["--env-var", f"{name}={value}"]
    command += ["--reporters", "json", "--reporter-json-export", str(result)]
    subprocess.run(command, env={**os.environ, "NO_PROXY": "*"}, timeout=MAX_SECONDS, capture_output=True, check=False)
    return dict(json.loads(result.read_text())["run"])


def test_every_request_of_the_tour_is_made_and_none_fails(stack: Stack, tmp_path: Path) -> None:
    [(newest,)] = stack.sql("SELECT coalesce(max(id), 0) FROM accounts_user")
    report = run(stack, tmp_path, webhook_secret=SECRET)

    failures = [(each["source"].get("name"), each["error"]["message"]) for each in report["failures"]]
    assert failures == []
    requests = list(requests_of(json.loads(postman.COLLECTION.read_text())))
    assert report["stats"]["requests"] == {"total": len(requests), "pending": 0, "failed": 0}
    assert report["stats"]["assertions"]["total"] > 2 * len(requests)
    events = stack.sql("SELECT type FROM billing_stripeevent WHERE event_id LIKE 'evt_tour_%%'")
    assert events == [("invoice.paid",)]
    # It erases the users that it signed up.
    assert stack.sql("SELECT id FROM accounts_user WHERE erasing_at IS NULL AND id > %s", newest) == []
