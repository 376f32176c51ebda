"""`check_stack` names what is wrong with Gemini, and what to do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.management.stack import gemini
from config.management.stack.findings import Finding, StackCheck, Workers
from gemini import catalogue
from tests.doubles.gemini import GeminiDouble

pytestmark = pytest.mark.django_db

KNOWN = "gemini-3.8-flash"


@pytest.fixture(scope="module")
def running() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture(autouse=True)
def double(running: GeminiDouble, settings: Any) -> GeminiDouble:
    running.reset()
    settings.GEMINI_CLIENT, settings.GEMINI_API_KEY = "google-genai", "a-key"
    settings.GEMINI_BASE_URL, settings.GEMINI_MODEL = running.base_url, KNOWN
    return running


def findings(check: StackCheck) -> list[tuple[str, str, str]]:
    found: list[Finding] = list(check.check(Workers()))
    return [(each.verdict.value, each.said, each.advice) for each in found]


def found_by(check: StackCheck) -> tuple[str, str, str]:
    [finding] = findings(check)
    return finding


def refusal(code: int, message: str, status: str) -> dict[str, Any]:
    body = {"error": {"code": code, "message": message, "status": status}}
    return {"raw": json.dumps(body), "raw_status": code}


def test_a_known_model_with_a_valid_key_is_fine(double: GeminiDouble) -> None:
    assert found_by(gemini.CHECKS[0])[:2] == ("ok", f"the key is valid, and {KNOWN} exists")
    assert double.calls() == [], "looking costs nothing"
    verdict, said, _ = found_by(gemini.SPENDING[0])
    assert verdict == "ok"
    assert said.startswith(f"{KNOWN}-double replies after ")


def test_a_refused_key_is_named(settings: Any) -> None:
    settings.GEMINI_API_KEY = "bad-key"
    for check in (gemini.CHECKS[0], gemini.SPENDING[0]):
        verdict, said, advice = found_by(check)
        assert (verdict, said) == ("wrong", "the key is refused")
        assert "GEMINI_API_KEY" in advice


def test_a_model_that_does_not_exist_is_named(settings: Any) -> None:
    settings.GEMINI_MODEL = "gpt-9"
    assert found_by(gemini.CHECKS[0])[:2] == ("wrong", "there is no model gpt-9")


def test_a_model_that_we_do_not_know_is_named(settings: Any) -> None:
    settings.GEMINI_MODEL = "gemini-9-later"
    verdict, said, _ = found_by(gemini.CHECKS[0])
    assert (verdict, "does not know it" in said) == ("warning", True)


@pytest.mark.parametrize(("days", "verdict"), [(-1, "wrong"), (0, "wrong"), (30, "warning"), (90, "ok")])
def test_a_retired_model_is_named_before_and_after(monkeypatch: pytest.MonkeyPatch, days: int, verdict: str) -> None:
    end = datetime.now(UTC).date() + timedelta(days=days)
    facts = replace(catalogue.MODELS[KNOWN], retires_on=end, replacement="gemini-4-argon")
    monkeypatch.setitem(catalogue.MODELS, KNOWN, facts)
    found = found_by(gemini.CHECKS[0])
    assert found[0] == verdict
    assert verdict == "ok" or (str(end) in found[1] and "gemini-4-argon" in found[2])


@pytest.mark.parametrize(
    "behaviour",
    [
        {"error": 402},
        refusal(429, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"),
        refusal(429, "The project has reached its spending cap.", "RESOURCE_EXHAUSTED"),
    ],
)
def test_used_up_credit_is_named_by_a_call(double: GeminiDouble, behaviour: dict[str, Any]) -> None:
    double.script(behaviour)
    verdict, said, advice = found_by(gemini.SPENDING[0])
    assert (verdict, "credit" in said, "AI Studio" in advice) == ("wrong", True, True)


def test_a_model_without_any_quota_is_named(double: GeminiDouble) -> None:
    double.script(refusal(429, "Quota exceeded for metric: requests, limit: 0", "RESOURCE_EXHAUSTED"))
    assert found_by(gemini.SPENDING[0])[:2] == ("wrong", "the plan has no quota for this model")


def test_an_api_that_may_store_prompts_is_named(double: GeminiDouble, settings: Any) -> None:
    unknown = 'Invalid JSON payload received. Unknown name "store": Cannot find field.'
    double.script(refusal(400, unknown, "INVALID_ARGUMENT"))
    verdict, said, advice = found_by(gemini.SPENDING[0])
    assert (verdict, said) == ("wrong", "the API cannot be told not to store prompts")
    assert "docs/privacy.md" in advice

    settings.GEMINI_ALLOW_STORED = True
    assert [verdict for verdict, _, _ in findings(gemini.CHECKS[0])] == ["warning", "ok"]


def test_a_location_that_google_refuses_is_named(double: GeminiDouble) -> None:
    double.script(refusal(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"))
    assert "not available to this server" in found_by(gemini.SPENDING[0])[1]
