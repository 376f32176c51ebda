"""The boundary to Gemini: a streamed reply, the same for every implementation."""

from dataclasses import replace

from gemini.exceptions import ProviderError
from gemini.provider import Config
from gemini.registry import provider_for
from gemini.reply_stream import ReplyStream
from gemini.types import ModelDescription, Prompt


def stream_reply(prompt: Prompt) -> ReplyStream:
    """Ask Gemini (or the implementation that GEMINI_CLIENT names) to reply to `prompt`, once, without retries.

    Raises nothing itself; iterating over the result raises `gemini.exceptions.ProviderError`.
    """
    return ReplyStream(prompt=prompt)


def describe_model(model: str, *, max_wait: float = 10) -> ModelDescription:
    """Ask the vendor whether the key and the model are valid, by one call that costs no tokens.

    With the stand-in every model is valid.

    Args:
        model: the model's name.
        max_wait: seconds.

    Returns:
        What the vendor says of the model.

    Raises:
        ProviderAuth: the key is not valid.
        ModelNotFound: there is no such model.
        ProviderError: the check itself failed.
    """
    config = Config.from_settings()
    config = replace(
        config,
        connect_timeout=min(config.connect_timeout, max_wait),
        read_timeout=min(config.read_timeout, max_wait),
        total_timeout=max_wait,
    )
    provider = provider_for(config)
    try:
        return provider.describe(model)
    except ProviderError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # as in `gemini.reply_stream`
        failure = provider.classify(error)
    raise failure


def prepare() -> None:
    """Import the chosen SDK and build its client now, so that the first of many concurrent calls need not wait for it.

    It takes one to two seconds of CPU. Without it the first call does the same.
    """
    provider_for(Config.from_settings())
