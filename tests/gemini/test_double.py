"""The double refuses what the API refuses, and records its calls."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import MODEL, eventually

STARTER = """
import time
from tests.doubles.gemini import GeminiDouble
print(GeminiDouble().pid, flush=True)
time.sleep(60)
"""


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "parts": [{"text": text}]}


def model(text: str) -> dict[str, Any]:
    return {"role": "model", "parts": [{"text": text}]}


def ask(double: GeminiDouble, *contents: Any, **changes: Any) -> requests.Response:
    call = {
        "version": "v1beta",
        "model": MODEL,
        "headers": {"x-goog-api-key": "old-key"},
        "fields": {},
        "method": "generateContent",
    } | changes
    return requests.post(
        f"{double.base_url}/{call['version']}/models/{call['model']}:{call['method']}",
        headers=call["headers"],
        json={"contents": list(contents) or [user("Hello")], **call["fields"]},
        timeout=120,
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {}}, 403),
        ({"headers": {"x-goog-api-key": "bad-key"}}, 400),
        ({"headers": {"x-goog-api-key": "old-key", "X-Server-Timeout": "5"}}, 400),
        ({"model": "no-such-model"}, 404),
        ({"version": "v1"}, 404),
        ({"fields": {"content": "Hello"}}, 400),
        ({"fields": {"generationConfig": {"max_words": 5}}}, 400),
        ({"fields": {"generationConfig": {"temperature": 3}}}, 400),
        ({"fields": {"generationConfig": {"maxOutputTokens": 0}}}, 400),
    ],
)
def test_a_call_that_the_api_refuses_is_refused(double: GeminiDouble, changes: dict[str, Any], status: int) -> None:
    response = ask(double, **changes)

    assert response.status_code == status
    assert response.json()["error"]["code"] == status
    assert double.calls()[0]["outcome"] == "refused"


@pytest.mark.parametrize(
    "contents",
    [
        [user("One"), user("Two")],
        [user("One"), model("Two")],
        [model("One"), user("Two")],
        [user("")],
        [{"role": "user", "parts": []}],
        [{"role": "assistant", "parts": [{"text": "Hello"}]}],
    ],
)
def test_turns_that_the_api_refuses_are_refused(double: GeminiDouble, contents: list[Any]) -> None:
    assert ask(double, *contents).status_code == 400


def test_the_double_echoes_the_last_turn_and_counts_the_turns(double: GeminiDouble) -> None:
    reply = ask(double, user("One"), model("Two"), user("Three")).json()

    assert reply["candidates"][0]["content"]["parts"][0]["text"] == "I saw 3 turns. You said: Three"


def test_a_directive_overrides_the_script_and_that_the_default(double: GeminiDouble) -> None:
    double.default(error=500)
    double.script({"error": 429})

    assert ask(double, user("Hello [[double error=404]]")).status_code == 404
    assert ask(double).status_code == 429
    assert ask(double).status_code == 500


def test_a_directive_in_an_older_paragraph_or_turn_is_ignored(double: GeminiDouble) -> None:
    assert ask(double, user("[[double error=500]]"), model("x"), user("Hello")).status_code == 200
    assert ask(double, user("[[double error=500]]\n\nHello")).status_code == 200


def test_a_misspelt_directive_is_refused(double: GeminiDouble) -> None:
    assert ask(double, user("[[double eror=500]]")).status_code == 400


def test_the_ledger_records_each_call(double: GeminiDouble) -> None:
    ask(double, user("One user=asha"), fields={"systemInstruction": {"parts": [{"text": "Be brief."}]}})
    ask(double, user("[[double error=503]]"))

    first, second = double.calls()
    assert first["contents"] == [user("One user=asha")]
    assert (first["model"], first["user"], first["system_instruction"]) == (MODEL, "asha", "Be brief.")
    assert (first["status"], first["outcome"], first["disconnected"]) == (200, "complete", None)
    assert first["started"] <= first["finished"] <= second["started"]
    assert (second["status"], second["outcome"]) == (503, "refused")


def test_a_reset_clears_ledger_script_and_default(double: GeminiDouble) -> None:
    double.default(error=500)
    double.script({"error": 429})
    ask(double)

    double.reset()

    assert double.calls() == []
    assert ask(double).status_code == 200


def test_300_slow_streams_at_once_cost_little(double: GeminiDouble) -> None:
    double.default(crowd=300, delay=0.2, chunks=3)
    process = psutil.Process(double.pid)
    before = process.cpu_times().user

    with ThreadPoolExecutor(300) as threads:
        questions = [f"user=u{number % 3}" for number in range(300)]
        statuses = list(
            threads.map(lambda text: ask(double, user(text), method="streamGenerateContent").status_code, questions)
        )

    ledger = double.ledger()
    assert statuses == [200] * 300
    assert len(ledger["calls"]) == 300
    assert ledger["max_in_flight"] > 250
    assert sum(ledger["max_in_flight_by_user"].values()) > 250
    assert set(ledger["max_in_flight_by_user"]) == {"u0", "u1", "u2"}
    assert eventually(lambda: double.ledger()["in_flight"] == 0)
    assert process.cpu_times().user - before < 3
    assert process.num_threads() < 5


def test_a_stop_ends_the_process(running_double: GeminiDouble) -> None:
    with GeminiDouble() as another:
        pid = another.pid
        assert psutil.pid_exists(pid)

    assert not psutil.pid_exists(pid)
    assert psutil.pid_exists(running_double.pid)


def test_the_double_ends_when_its_parent_is_killed() -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert starter.stdout
    double = psutil.Process(int(starter.stdout.readline()))
    assert double.is_running()

    starter.kill()
    starter.communicate()

    assert eventually(lambda: not double.is_running())
