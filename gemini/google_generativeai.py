"""Gemini through google-generativeai, the SDK that Google has retired. The only module that imports it.

Its GenerativeModel is not used: it delays each chunk until the next one has come, keeps all of them, and cannot close a
stream. The layer below it is used, over REST, since its gRPC threads do not survive a fork. Its messages know only the
fields of 2025, so requests are made with it, and events are read as the JSON that they are.

What it cannot ask for: that prompts are not stored (`GEMINI_ALLOW_STORED` has to accept that), a level of thinking,
Google's search, a JSON schema, and files beyond GEMINI_INLINE_BYTES.
"""

import json
import re
import time
import warnings
from collections.abc import Generator, Iterator, Mapping
from typing import IO, Any, Final

import requests
from requests.adapters import HTTPAdapter

from gemini.exceptions import BadRequest, CallFailed, ConnectionCut, ProviderError, ProviderTimeout, ReplyTooLong
from gemini.google_errors import from_google
from gemini.google_parts import FINISH_REASONS, LATER_FINISH_REASONS, is_blocked
from gemini.limits import bounded
from gemini.provider import Config
from gemini.types import Chunk, Media, ModelDescription, PartKind, Piece, Prompt, RemoteFile, Usage

with warnings.catch_warnings():
    # One says "All support for the `google.generativeai` package has ended", which is why it is not the default here.
    # The other says until when Google will support this version of Python.
    warnings.simplefilter("ignore", FutureWarning)
    from google.api_core.timeout import ConstantTimeout
    from google.generativeai import protos
    from google.generativeai.client import configure, get_default_generative_client, get_default_model_client

# Characters of one event. The SDK appends them one by one, and each time copies all of them, so ten times as many would
# take a hundred times as long. 65,536 tokens, the largest output limit, fit into it.
MAX_EVENT = 256 << 10

# Characters (or bytes) that the SDK gets at a time.
BLOCK_SIZE = 4 << 10

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
        # Private: the SDK has no public way to the session.
        _configure_session(session=self._client.transport._session, connections=config.connections)  # type: ignore[attr-defined]  # noqa: SLF001

    def stream(self, prompt: Prompt) -> Generator[Chunk]:
        call = _Call(self._timeouts)
        call.deadline = time.monotonic() + self._total_timeout
        responses = self._client.stream_generate_content(
            _request(prompt),
            retry=None,  # the SDK's own would repeat a 503 for ten minutes
            timeout=_as_timeout(call),
        )
        # Private: the message class that the SDK would read the event with.
        responses._grab = lambda: json.loads(responses._ready_objs.popleft())  # noqa: SLF001
        try:
            for event in responses:
                call.characters_left = MAX_EVENT
                yield _chunk(event)
        finally:
            responses.cancel()

    def describe(self, model: str) -> ModelDescription:
        client: Any = get_default_model_client()
        session = client.transport._session  # noqa: SLF001
        _configure_session(session=session, connections=1)
        session.hooks["response"] = [_receive_whole]
        call = _Call(self._timeouts)
        call.deadline = time.monotonic() + self._total_timeout
        found = client.get_model(name=f"models/{model}", retry=None, timeout=_as_timeout(call))
        return ModelDescription(output_token_limit=found.output_token_limit or None)

    def upload(self, content: IO[bytes], *, size: int, mime_type: str) -> RemoteFile:
        """Upload nothing: this SDK sends files through another library, without our limits."""
        raise BadRequest(cause="no_files")

    def find_file(self, name: str) -> RemoteFile:
        raise BadRequest(cause="no_files")

    def delete_file(self, name: str) -> None:
        raise BadRequest(cause="no_files")

    def classify(self, error: Exception) -> ProviderError:
        cause = type(error).__name__
        # A read that times out in the body surfaces as a ConnectionError around urllib3's error.
        if isinstance(error, requests.Timeout) or "ReadTimeoutError" in {type(arg).__name__ for arg in error.args}:
            return ProviderTimeout(cause=cause)
        if isinstance(error, requests.RequestException | OSError | ValueError):  # the connection, or what came over it
            return ConnectionCut(cause=cause)
        return CallFailed(cause=cause)


class _Call(tuple[float, float]):
    """The connect and read timeouts of one call, in seconds, as `requests` expects them.

    `requests` passes them on to our hook, so they also carry what else the hook needs to know of the call.
    """

    deadline: float
    characters_left: int = MAX_EVENT


def _as_timeout(call: _Call) -> Any:
    """Keep the SDK from reading the timeouts as a single deadline."""
    return ConstantTimeout(call)  # type: ignore[no-untyped-call]


def _configure_session(*, session: requests.Session, connections: int) -> None:
    """Give the SDK's session a pool of the right size, and let us read its refusals and bodies."""
    adapter = HTTPAdapter(pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.hooks["response"] = [_receive]


def _receive(response: requests.Response, *, timeout: _Call, **_: Any) -> None:
    """Read a response before the SDK does.

    The SDK repeats a 401 twice, fails to read an error that comes as a JSON array, follows redirects with the key,
    and reads the body byte by byte.
    """
    response.encoding = "utf-8"
    # A chunked body comes chunk by chunk. Any other would come at its end only, so it is read byte by byte.
    size = None if getattr(response.raw, "chunked", False) else 1
    body = bounded(response.iter_content(chunk_size=size, decode_unicode=True), deadline=timeout.deadline)
    _raise_for_refusal(response, body)
    response.iter_content = lambda **_: _blocks(body, call=timeout)  # type: ignore[method-assign]


def _receive_whole(response: requests.Response, *, timeout: _Call, **_: Any) -> None:
    """Raise for a refusal of a call that does not stream; the SDK reads a good response."""
    _raise_for_refusal(response, bounded(response.iter_content(chunk_size=BLOCK_SIZE), deadline=timeout.deadline))


def _raise_for_refusal(response: requests.Response, body: Iterator[Any]) -> None:
    """Raise the exception for a refusal; `body` may be text or bytes."""
    if response.status_code == requests.codes.ok:
        return
    with response:
        parts = [part if isinstance(part, bytes) else part.encode() for part in body]
        raise from_google(status=response.status_code, body=_json(b"".join(parts)), cause="HTTPError")


def _blocks(body: Iterator[str], *, call: _Call) -> Iterator[str]:
    for text in body:
        for start in range(0, len(text), BLOCK_SIZE):
            part = text[start : start + BLOCK_SIZE]
            call.characters_left -= len(part)
            if call.characters_left < 0:
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
        contents=[_content(role=turn.role, text=turn.text, media=turn.media) for turn in prompt.turns],
        system_instruction=_content(role="user", text=prompt.system_instruction) if prompt.system_instruction else None,
        generation_config=protos.GenerationConfig(
            max_output_tokens=prompt.max_output_tokens, temperature=prompt.temperature
        ),
    )


def _content(*, role: str, text: str, media: tuple[Media, ...] = ()) -> Any:
    text_part = [protos.Part(text=text)] if text else []
    return protos.Content(role=role, parts=[*(_media_part(each) for each in media), *text_part])


def _media_part(media: Media) -> Any:
    if media.url:
        return protos.Part(file_data=protos.FileData(file_uri=media.url, mime_type=media.mime_type))
    return protos.Part(inline_data=protos.Blob(data=media.data, mime_type=media.mime_type))


def _chunk(event: Mapping[str, Any]) -> Chunk:
    """Read one event.

    Raises:
        ProviderError: it is an error, which the SDK would take for an empty event.
    """
    if "error" in event:
        error = event["error"] if isinstance(event["error"], Mapping) else {}
        status = error.get("code")
        raise from_google(status=status if isinstance(status, int) else 0, body=event, cause="in_stream")
    candidates = event.get("candidates") or []
    candidate = candidates[0] if candidates else {}
    parts = (candidate.get("content") or {}).get("parts") or []
    feedback = event.get("promptFeedback")
    return Chunk(
        pieces=tuple(
            Piece(kind=PartKind.THOUGHT if part.get("thought") else PartKind.TEXT, text=part["text"])
            for part in parts
            if part.get("text")
        ),
        finish_reason=_finish_reason(candidate.get("finishReason")),
        prompt_blocked=is_blocked(
            has_feedback=feedback is not None,
            reason=str((feedback or {}).get("blockReason", "")),
            has_candidates=bool(candidates),
        ),
        usage=_usage(event.get("usageMetadata")),
        model=event.get("modelVersion") or "",
        response_id=event.get("responseId") or "",
        dropped=tuple(_snake_case(name) for part in parts for name in part if name not in KEPT),
    )


KEPT: Final = {"text", "thought", "thoughtSignature", "partMetadata"}
"""Fields of a part that are read, or that carry nothing for a chat."""


def _snake_case(name: str) -> str:
    """The name of a field as google-genai has it."""
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


def _finish_reason(reason: int | str | None) -> str:
    """The vendor's word; the API was asked for numbers. Those of later versions get a name that nothing else has."""
    if not isinstance(reason, int):
        return reason or ""
    if 0 <= reason < len(FINISH_REASONS):
        return FINISH_REASONS[reason]
    return LATER_FINISH_REASONS.get(reason, f"FINISH_REASON_{reason}")


def _usage(metadata: Mapping[str, Any] | None) -> Usage | None:
    if not metadata:
        return None
    prompt, text, thoughts = (
        metadata.get(name) for name in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    )
    return Usage(
        prompt_tokens=prompt,
        output_tokens=None if text is None else text + (thoughts or 0),
        cached_tokens=metadata.get("cachedContentTokenCount"),
        tool_tokens=metadata.get("toolUsePromptTokenCount"),
        thought_tokens=thoughts,
    )
