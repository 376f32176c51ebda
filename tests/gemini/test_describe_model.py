"""The check of key and model, which produces no reply."""

import pytest
from pytest_django import Settings

from gemini.client import describe_model
from gemini.exceptions import ConnectionCut, ModelNotFound, ProviderAuth, ProviderError
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import API_KEY, MODEL


def test_a_valid_key_and_model_pass_and_cost_no_tokens(sdk: str, double: GeminiDouble) -> None:
    describe_model(MODEL)
    describe_model("gemini-2.5-pro")
    assert double.calls() == []


def test_a_bad_key_and_an_unknown_model_are_different_errors(sdk: str, settings: Settings) -> None:
    with pytest.raises(ModelNotFound):
        describe_model("gpt-9")
    settings.GEMINI_API_KEY = "bad-key"
    with pytest.raises(ProviderAuth) as caught:
        describe_model(MODEL)
    assert "bad-key" not in str(caught.value)


def test_a_missing_server_is_a_cut_connection(sdk: str, settings: Settings, unused_port: int) -> None:
    settings.GEMINI_BASE_URL = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(ConnectionCut):
        describe_model(MODEL)


def test_a_missing_key_is_reported_without_a_call(sdk: str, double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_API_KEY = ""
    with pytest.raises(ProviderAuth):
        describe_model(MODEL)


def test_a_reply_after_the_check_still_works(sdk: str, double: GeminiDouble) -> None:
    from tests.gemini.calls import reply_to

    describe_model(MODEL)
    assert reply_to("Hello")[0]
    with pytest.raises(ProviderError):
        describe_model("gpt-9")
    assert API_KEY not in str(double.ledger())


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_accepts_every_model() -> None:
    describe_model("any-model")
