"""Which model a call goes to: the one that is wanted, or the fallback."""

from gemini.breakers import breaker_for_model
from gemini.exceptions import ProviderUnavailable
from gemini.provider import Config


def available_model(model: str, config: Config) -> str:
    """Return `model`, or the fallback while the breaker of `model` is open.

    Raises:
        ProviderUnavailable: both breakers are open.
    """
    for name in dict.fromkeys(name for name in (model, config.fallback_model) if name):
        if breaker_for_model(name).allows():
            return name
    raise ProviderUnavailable(cause="breaker")


def fallback_after_limit(model: str, config: Config) -> str | None:
    """Return the fallback for a call that `model` has refused over a limit, if the breaker has opened; else None.

    Such a refusal is fast and free, and a limit belongs to one model. So no user has to wait for it, and a probe that
    meets it does not have to fail.
    """
    fallback = config.fallback_model
    if not fallback or fallback == model:
        return None
    if breaker_for_model(model).allows() or not breaker_for_model(fallback).allows():
        return None
    return fallback
