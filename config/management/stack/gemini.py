"""Checks of Gemini: its key and its models, and by one small call what only a call shows."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings

from billing.models import Tier
from config.management.stack.findings import Finding, StackCheck, Workers, ok, warning, wrong
from gemini.catalogue import facts_of
from gemini.client import describe_model, stream_reply
from gemini.exceptions import ModelNotFound, ProviderAuth, ProviderBilling, ProviderError
from gemini.types import ModelDescription, Prompt, Thinking, Turn

PART: Final = "Gemini"
CALL_PART: Final = "call to Gemini"

SOON: Final = timedelta(days=60)
"""Before a model retires, time to change the settings."""

REFUSALS: Final = {
    "key": (
        "the key is refused",
        "Set GEMINI_API_KEY to a key that may use the Gemini API. Google has refused keys without restrictions since "
        "June 2026, and keys that begin with AIza since September 2026: make an auth key (AQ.…) in AI Studio.",
    ),
    "permission": (
        "the key may not do this",
        "Allow the key's project to use the Gemini API and this model, in the Google Cloud console.",
    ),
    "quota": (
        "the plan has no quota for this model",
        "Choose another model, or another plan in AI Studio. No waiting ends this.",
    ),
    "billing": (
        "the credit or a spending cap is used up",
        "Buy credit or raise the cap in AI Studio, under billing. No waiting ends this.",
    ),
    "precondition": (
        "the API is not available to this server or project",
        "Google refuses this location, or the project has no billing account: see ai.google.dev/available_regions.",
    ),
    "disabled": ("Google has limited the project", "See the project's notices in AI Studio, and write to Google."),
    "store": (
        "the API cannot be told not to store prompts",
        "Set GEMINI_BASE_URL to an API that takes `store`, or GEMINI_ALLOW_STORED=true if prompts may be stored; see "
        "docs/privacy.md.",
    ),
}


def _models(_: Workers) -> Iterator[Finding]:
    if settings.GEMINI_CLIENT == "stand-in":
        yield warning(PART, "the stand-in writes the replies", "Set GEMINI_API_KEY to use Gemini.")
        return
    if settings.GEMINI_ALLOW_STORED:
        yield warning(PART, "GEMINI_ALLOW_STORED: prompts may be stored at Google", "See docs/privacy.md.")
    for model in _chosen_models():
        try:
            description = describe_model(model)
        except (ProviderAuth, ProviderBilling) as error:
            yield _refusal(PART, error)
            return
        except ModelNotFound:
            advice = f"Set GEMINI_MODEL, GEMINI_FALLBACK_MODEL or the tier's models without {model}."
            yield wrong(PART, f"there is no model {model}", advice)
        except ProviderError as error:
            where = settings.GEMINI_BASE_URL and " Is GEMINI_BASE_URL right?"
            advice = f"Gemini may be unavailable: see aistudio.google.com/status.{where}"
            yield wrong(PART, f"no valid response about {model} ({error.code})", advice)
            return
        else:
            yield _of_model(model, description)


def _of_model(model: str, description: ModelDescription) -> Finding:
    """Compare a model that exists with the catalogue."""
    facts = facts_of(model)
    today = datetime.now(UTC).date()
    instead = f"Choose {facts.replacement or 'a newer one'} instead."
    if facts.retires_on and facts.retires_on <= today:
        return wrong(PART, f"{model} has been retired since {facts.retires_on}", instead)
    if facts.retires_on and facts.retires_on <= today + SOON:
        return warning(PART, f"{model} will be retired on {facts.retires_on}", instead)
    if not facts.is_known:
        advice = "It gets safe defaults: its level of thinking cannot be set, and its price is unknown."
        return warning(PART, f"{model} exists, and this version of Kuvaka does not know it", advice)
    if description.output_token_limit and description.output_token_limit < facts.max_output_tokens:
        advice = "Longer replies are refused: lower the tier's limit of output, and report it."
        return warning(PART, f"{model} gives {description.output_token_limit} tokens at most", advice)
    return ok(PART, f"the key is valid, and {model} exists")


def _refusal(part: str, error: ProviderAuth | ProviderBilling) -> Finding:
    said, advice = REFUSALS[error.reason]
    return wrong(part, said, advice)


def _chosen_models() -> list[str]:
    """Every configured model, once; without a database, those of the settings."""
    try:
        chosen = [name for names in Tier.objects.values_list("model_names", flat=True) for name in names]
    except Exception:  # noqa: BLE001  another line reports the reason
        chosen = []
    return list(
        dict.fromkeys(name for name in (settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL, *chosen) if name)
    )


def _call(_: Workers) -> Iterator[Finding]:
    if settings.GEMINI_CLIENT == "stand-in":
        return
    turn = Turn(role="user", text="Reply with the word ok.")
    prompt = Prompt(turns=(turn,), model=settings.GEMINI_MODEL, max_output_tokens=16, thinking=Thinking.OFF)
    started = time.monotonic()
    try:
        with stream_reply(prompt) as stream:
            "".join(stream)
    except (ProviderAuth, ProviderBilling) as error:
        yield _refusal(CALL_PART, error)
    except ProviderError as error:
        advice = "docs/errors.md says what it means."
        yield wrong(CALL_PART, f"{settings.GEMINI_MODEL} gave no reply ({error.code})", advice)
    else:
        milliseconds = round(1000 * (time.monotonic() - started))
        yield ok(CALL_PART, f"{stream.model} replies after {milliseconds} ms, for {stream.spent.output_tokens} tokens")


CHECKS: Final = (StackCheck(part=PART, check=_models),)
SPENDING: Final = (StackCheck(part=CALL_PART, check=_call),)
"""What costs a few tokens, and is done only on request."""
