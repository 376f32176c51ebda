"""What Google refuses the installation itself fails at once for all models, under its own code, until it is mended."""

from typing import Any

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from gemini import breakers
from tests.conftest import counted
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import failure, reply_to

REFUSED = "kuvaka_provider_refused_timestamp_seconds"
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "key": ({"bad_key": True}, "provider_auth"),
    "credit": ({"error": 402}, "provider_billing"),
    "disabled": ({"finish": "PUP_LIMITED_DISABLED", "after": 0}, "provider_auth"),
}


@pytest.mark.parametrize(("behaviour", "code"), REFUSALS.values(), ids=REFUSALS)
def test_one_refusal_stops_all_calls_but_a_probe(
    sdk: str, double: GeminiDouble, monkeypatch: pytest.MonkeyPatch, behaviour: dict[str, Any], code: str
) -> None:
    time = [1_000.0]
    monkeypatch.setattr(breakers, "now", lambda: time[0])
    double.default(**behaviour)
    with capture_logs() as logs:
        assert failure("Hello")[0].code == code
    assert [entry["code"] for entry in logs if entry["event"] == "provider_refuses_installation"] == [code]
    assert counted(REFUSED) > 0

    error, _, stream = failure("Hello", model="gemini-3.8-flash")
    assert (error.code, error.retryable, len(double.calls())) == (code, False, 1)
    assert stream.spent.prompt_tokens == 0

    time[0] += breakers.PROBE_SECONDS
    assert failure("Probe")[0].code == code
    failure("Hello")
    assert len(double.calls()) == 2

    double.default()
    time[0] += breakers.PROBE_SECONDS
    assert reply_to("Mended?")[0].endswith("Mended?")
    assert reply_to("Really?")[0].endswith("Really?")
    assert counted(REFUSED) == 0


def test_a_model_that_the_key_may_not_use_stops_no_other(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-genai"
    double.default(error=403, for_model="gemini-4-neon")
    assert failure("Hello", model="gemini-4-neon")[0].code == "provider_auth"
    assert reply_to("Hello", model="gemini-3.8-flash")[0].endswith("Hello")
