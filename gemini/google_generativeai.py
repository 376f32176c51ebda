"""Gemini through google-generativeai, the SDK that Google has retired. The only module that imports it.

It is used one layer below its GenerativeModel, which holds back each piece until the next one has come, keeps all of
them, and offers no way to close a stream. Over REST, since its gRPC threads do not survive a fork.
"""

import json
import time
import warnings
from collections.abc import Generator, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from gemini.exceptions import ConnectionCut, ProviderError, ProviderTimeout, ReplyTooLong
from gemini.google_errors import from_google
from gemini.limits import bounded
from gemini.provider import Config
from gemini.types import Chunk, Prompt, Usage

with warnings.catch_warnings():
    # "All support for the `google.generativeai` package has ended": that is why it is not the default here. The other
    # says until when Google will support this version of Python.
    warnings.simplefilter("ignore", FutureWarning)
    from google.api_core.timeout import ConstantTimeout
    from google.generativeai import protos
    from google.generativeai.client import configure, get_default_generative_client, get_default_model_client

# The SDK joins the characters of an event one by one, each time copying all of them. 65,536 tokens, the largest output
# limit, are as long as this; ten times as much would take a hundred times longer.
MAX_EVENT = 256 << 10

SLICE = 4 << 10

GOOGLE = "https://generativelanguage.googleapis.com"


class GoogleGenerativeAI:
    """One REST client and one pool of connections for all threads of the process."""

    def __init__(self, config: Config) -> None:
        configure(
            api_key=config.api_key,
            transport="rest",
            client_options={"api_endpoint": (config.base_url or GOOGLE).rstrip("/")},
        )
        self._client: Any = get_default_generative_client()
        self._timeouts = (config.connect_timeout, config.read_timeout)
        self._total_timeout = config.total_timeout
        # There is no public way to the session.
        _tame(session=self._client.transport._session, connections=config.connections)  # type: ignore[attr-defined]  # noqa: SLF001

    def stream(self, prompt: Prompt) -> Generator[Chunk]:
        """See `Provider.stream`."""
        call = _Call(self._timeouts)
        call.deadline = time.monotonic() + self._total_timeout
        responses = self._client.stream_generate_content(
            _request(prompt),
            retry=None,  # the SDK's own would repeat a 503 for ten minutes
            timeout=_handed_on(call),
        )
        try:
            for response in responses:
                call.room = MAX_EVENT
                yield _chunk(response)
        finally:
            responses.cancel()

    def check_model(self, model: str) -> None:
        """See `Provider.check_model`."""
        client: Any = get_default_model_client()
        session = client.transport._session  # noqa: SLF001
        _tame(session=session, connections=1)
        session.hooks["response"] = [_receive_whole]
        call = _Call(self._timeouts)
        call.deadline = time.monotonic() + self._total_timeout
        client.get_model(name=f"models/{model}", retry=None, timeout=_handed_on(call))

    def classify(self, error: Exception) -> ProviderError:
        """See `Provider.classify`."""
        cause = type(error).__name__
        # A read that times out in the body surfaces as a ConnectionError around urllib3's error.
        if isinstance(error, requests.Timeout) or "ReadTimeoutError" in {type(arg).__name__ for arg in error.args}:
            return ProviderTimeout(cause=cause)
        return ConnectionCut(cause=cause)


class _Call(tuple[float, float]):
    """The connect and read timeouts of one call, in seconds, as `requests` wants them.

    It hands them on to our hook, so what else the hook must know of the call rides along.
    """

    deadline: float
    room: int = MAX_EVENT


def _handed_on(call: _Call) -> Any:
    """Keep the SDK from reading the timeouts as a single deadline."""
    return ConstantTimeout(call)  # type: ignore[no-untyped-call]


def _tame(*, session: requests.Session, connections: int) -> None:
    """Give the SDK's session a pool of the right size, and our own reading of refusals and bodies."""
    adapter = HTTPAdapter(pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.hooks["response"] = [_receive]


def _receive(response: requests.Response, *, timeout: _Call, **_: Any) -> None:
    """Take over a response before the SDK sees it.

    The SDK sends a 401 twice more, fails to read an error that comes as a JSON array, follows redirects with the key,
    and reads the body byte by byte.
    """
    response.encoding = "utf-8"
    # By chunk as it arrives; a body without chunks would only be handed over at its end, so that goes byte by byte.
    size = None if getattr(response.raw, "chunked", False) else 1
    body = bounded(response.iter_content(chunk_size=size, decode_unicode=True), deadline=timeout.deadline)
    _check(response, body)
    response.iter_content = lambda **_: _slices(body, call=timeout)  # type: ignore[method-assign]


def _receive_whole(response: requests.Response, *, timeout: _Call, **_: Any) -> None:
    """Take over a response that is no stream; the SDK reads a good one."""
    _check(response, bounded(response.iter_content(chunk_size=SLICE), deadline=timeout.deadline))


def _check(response: requests.Response, body: Iterator[Any]) -> None:
    """Raise what a refusal means, read from its body, text or bytes."""
    if response.status_code == requests.codes.ok:
        return
    with response:
        parts = [part if isinstance(part, bytes) else part.encode() for part in body]
        raise from_google(status=response.status_code, body=_json(b"".join(parts)), cause="HTTPError")


def _slices(body: Iterator[str], *, call: _Call) -> Iterator[str]:
    for text in body:
        for start in range(0, len(text), SLICE):
            part = text[start : start + SLICE]
            call.room -= len(part)
            if call.room < 0:
                raise ReplyTooLong(cause="event")
            yield part


def _json(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _request(prompt: Prompt) -> Any:
    return protos.GenerateContentRequest(
        model=f"models/{prompt.model}",
        contents=[_content(role=turn.role, text=turn.text) for turn in prompt.turns],
        system_instruction=_content(role="user", text=prompt.system_instruction) if prompt.system_instruction else None,
        generation_config=protos.GenerationConfig(
            max_output_tokens=prompt.max_output_tokens, temperature=prompt.temperature
        ),
    )


def _content(*, role: str, text: str) -> Any:
    return protos.Content(role=role, parts=[protos.Part(text=text)])


def _chunk(response: Any) -> Chunk:
    """Read one event. The SDK turns an error in mid-stream into one that says nothing; no finish reason follows it."""
    candidate = response.candidates[0] if response.candidates else protos.Candidate()
    return Chunk(
        text="".join(part.text for part in candidate.content.parts),
        finish_reason=candidate.finish_reason.name if candidate.finish_reason else "",
        prompt_blocked=bool(response.prompt_feedback.block_reason),
        usage=_usage(response.usage_metadata),
        model=response.model_version,
    )


def _usage(metadata: Any) -> Usage | None:
    """Read the counts. The SDK does not know the count of thinking, but the total includes it."""
    if not metadata.total_token_count:
        return None
    return Usage(
        prompt_tokens=metadata.prompt_token_count,
        output_tokens=metadata.total_token_count - metadata.prompt_token_count,
    )
