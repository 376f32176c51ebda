"""Gemini through google-genai, Google's current SDK. The only module that imports it."""

import logging
import time
from collections.abc import Generator, Iterator
from typing import Any

import httpx2
from google import genai
from google.genai import errors, types

from gemini.event_stream import readable_events
from gemini.exceptions import ConnectionCut, ProviderError, ProviderTimeout
from gemini.google_errors import from_google
from gemini.interrupts import InterruptibleBackend
from gemini.limits import bounded
from gemini.provider import Config
from gemini.types import Chunk, Prompt, Usage

# Always passed, since otherwise the environment (GOOGLE_GEMINI_BASE_URL) could make the SDK send the key elsewhere.
GOOGLE = "https://generativelanguage.googleapis.com/"

# Only v1beta has the aliases like "gemini-flash-latest". The SDK's own default moved from it to v1 in 3.0.
API_VERSION = "v1beta"

# Both log a line for every call, httpx2 with the whole URL.
for _name in ("google_genai", "httpx2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class GoogleGenAI:
    """One client and one pool of connections for all threads of the process."""

    def __init__(self, config: Config) -> None:
        self._models = genai.Client(
            vertexai=False,
            api_key=config.api_key,
            http_options=types.HttpOptions(
                base_url=config.base_url or GOOGLE,
                api_version=API_VERSION,
                httpx_client=_HTTP(config),
                retry_options=types.HttpRetryOptions(attempts=1),
            ),
        ).models

    def stream(self, prompt: Prompt) -> Generator[Chunk]:
        responses = self._models.generate_content_stream(
            model=prompt.model, contents=_contents(prompt), config=_generation_config(prompt)
        )
        try:
            for response in responses:
                yield _chunk(response)
        finally:
            responses.close()  # type: ignore[attr-defined]  # declared as an Iterator, but it is a generator

    def check_model(self, model: str) -> None:
        self._models.get(model=model)

    def classify(self, error: Exception) -> ProviderError:
        cause = type(error).__name__
        match error:
            case errors.APIError():
                return from_google(status=_status(error), body=error.details, cause=cause)
            case httpx2.TimeoutException():
                return ProviderTimeout(cause=cause)
            case _:
                return ConnectionCut(cause=cause)


class _HTTP(httpx2.Client):
    """A client with timeouts that the SDK cannot change.

    The SDK sets a timeout on every request, by default none at all; `HttpOptions.timeout` also goes out as
    X-Server-Timeout, a deadline for the whole response that the API refuses below 10 seconds.
    """

    def __init__(self, config: Config) -> None:
        self._total = config.total_timeout
        super().__init__(
            timeout=httpx2.Timeout(config.read_timeout, connect=config.connect_timeout, pool=config.connect_timeout),
            limits=httpx2.Limits(
                max_connections=config.connections,
                max_keepalive_connections=config.connections,
                keepalive_expiry=30,
            ),
            follow_redirects=False,
        )
        self._make_interruptible()

    def _make_interruptible(self) -> None:
        """Open every connection through a backend that lets another thread end a waiting call.

        `_pool` and `_network_backend` are private, since httpx2 has no public way to them. Read in httpx2 and httpcore2
        2.16.2; `tests/gemini/test_private_attributes.py` fails when one is gone.
        """
        for transport in (self._transport, *self._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                transport._pool._network_backend = InterruptibleBackend(transport._pool._network_backend)  # type: ignore[assignment]  # noqa: SLF001

    def build_request(self, *args: Any, **kwargs: Any) -> httpx2.Request:
        """Build the request with this client's timeouts instead of the SDK's."""
        return super().build_request(*args, **{**kwargs, "timeout": self.timeout})

    def send(self, *args: Any, **kwargs: Any) -> httpx2.Response:
        """Send the request; the limits of the response count from this moment."""
        deadline = time.monotonic() + self._total
        response = super().send(*args, **kwargs)
        if not response.is_closed:
            response.stream = _Bounded(response.stream, deadline=deadline)
        if response.headers.get("Content-Type", "").startswith("text/event-stream"):
            # Not in the stream below, whose bytes may be compressed.
            decoded = response.iter_bytes
            response.iter_bytes = lambda *args: readable_events(decoded(*args))  # type: ignore[method-assign]
        return response


class _Bounded(httpx2.SyncByteStream):
    """The body of a response, with its limits of time and size."""

    def __init__(self, body: Any, *, deadline: float) -> None:
        self._body = body
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        return bounded(self._body, deadline=self._deadline)

    def close(self) -> None:
        self._body.close()


def _contents(prompt: Prompt) -> list[types.Content]:
    return [types.Content(role=turn.role, parts=[types.Part(text=turn.text)]) for turn in prompt.turns]


def _generation_config(prompt: Prompt) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=prompt.system_instruction or None,
        max_output_tokens=prompt.max_output_tokens,
        temperature=prompt.temperature,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def _chunk(response: types.GenerateContentResponse) -> Chunk:
    candidate = response.candidates[0] if response.candidates else types.Candidate()
    parts = (candidate.content and candidate.content.parts) or []
    feedback = response.prompt_feedback
    return Chunk(
        text="".join(part.text for part in parts if part.text and not part.thought),
        finish_reason=candidate.finish_reason.value if candidate.finish_reason else "",
        prompt_blocked=bool(feedback and feedback.block_reason),
        usage=_usage(response.usage_metadata),
        model=response.model_version or "",
    )


def _usage(metadata: types.GenerateContentResponseUsageMetadata | None) -> Usage | None:
    if metadata is None:
        return None
    return Usage(
        prompt_tokens=metadata.prompt_token_count,
        output_tokens=_sum(metadata.candidates_token_count, metadata.thoughts_token_count),
    )


def _sum(*counts: int | None) -> int | None:
    """The sum of the counts that are there. Proto JSON leaves out a count that the vendor does not have yet."""
    present = [count for count in counts if count is not None]
    return sum(present) if present else None


def _status(error: errors.APIError) -> int:
    return error.code if isinstance(error.code, int) else 0
