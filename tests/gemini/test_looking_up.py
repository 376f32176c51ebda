"""Asking whether key and model are good, without a reply being made."""

import pytest
from pytest_django import Settings

from gemini.client import look_up
from gemini.exceptions import ConnectionCut, ModelNotFound, ProviderAuth, ProviderError
from tests.doubles.gemini import GeminiDouble
from tests.gemini.asking import API_KEY, MODEL


def test_a_good_key_and_model_are_fine_and_no_tokens_are_spent(sdk: str, double: GeminiDouble) -> None:
    look_up(MODEL)
    look_up("gemini-2.5-pro")
    assert double.calls() == []


def test_a_bad_key_and_an_unknown_model_are_told_apart(sdk: str, settings: Settings) -> None:
    with pytest.raises(ModelNotFound):
        look_up("gpt-9")
    settings.GEMINI_API_KEY = "bad-key"
    with pytest.raises(ProviderAuth) as caught:
        look_up(MODEL)
    assert "bad-key" not in str(caught.value)


def test_no_server_is_a_failure_of_ours(sdk: str, settings: Settings, unused_port: int) -> None:
    settings.GEMINI_BASE_URL = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(ConnectionCut):
        look_up(MODEL)


def test_a_missing_key_is_told_without_a_call(sdk: str, double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_API_KEY = ""
    with pytest.raises(ProviderAuth):
        look_up(MODEL)


def test_a_call_after_it_still_answers(sdk: str, double: GeminiDouble) -> None:
    from tests.gemini.asking import answer

    look_up(MODEL)
    assert answer("Hello")[0]
    with pytest.raises(ProviderError):
        look_up("gpt-9")
    assert API_KEY not in str(double.ledger())


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_answers_for_every_model() -> None:
    look_up("whatever")
