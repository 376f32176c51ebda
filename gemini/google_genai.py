"""Gemini through google-genai, Google's current SDK. The only module that imports it."""

import logging
import time
from collections.abc import Generator, Iterator
from typing import Any

import httpx2
import structlog
from google import genai
from google.genai import errors, types

from gemini.event_stream import readable_events
from gemini.exceptions import ConnectionCut, ProviderError, ProviderTimeout
from gemini.google_errors import from_google, is_store_refused
from gemini.google_parts import DROPPED, is_blocked
from gemini.interrupts import InterruptibleBackend
from gemini.limits import bounded
from gemini.provider import Config
from gemini.types import (
    Chunk,
    ModelDescription,
    Page,
    PartKind,
    Piece,
    Prompt,
    Reference,
    Span,
    Support,
    Thinking,
    Usage,
)

log = structlog.get_logger(__name__)

# Always passed, since otherwise the environment (GOOGLE_GEMINI_BASE_URL) could make the SDK send the key elsewhere.
GOOGLE = "https://generativelanguage.googleapis.com/"

# Only v1beta has the aliases like "gemini-flash-latest". The SDK's own default moved from it to v1 in 3.0.
API_VERSION = "v1beta"

# Names the tier that served the call: another one than was asked for, if Google lowered it. The SDK drops the body's.
SERVICE_TIER = "x-gemini-service-tier"

# Both log a line for every call, httpx2 with the whole URL.
for _name in ("google_genai", "httpx2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class GoogleGenAI:
    """One client and one pool of connections for all threads of the process."""

    def __init__(self, config: Config) -> None:
        self._allow_stored = config.allow_stored
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
        try:
            yield from self._stream(prompt, store=False)
        except errors.ClientError as error:
            # Raised before the first event, if this API does not know the field. See docs/privacy.md.
            if not self._allow_stored or not is_store_refused(self.classify(error)):
                raise
            log.warning("prompts_may_be_stored", model=prompt.model)
            yield from self._stream(prompt, store=None)

    def _stream(self, prompt: Prompt, *, store: bool | None) -> Generator[Chunk]:
        responses = self._models.generate_content_stream(
            model=prompt.model, contents=_contents(prompt), config=_generation_config(prompt, store=store)
        )
        try:
            for response in responses:
                yield _chunk(response)
        finally:
            responses.close()  # type: ignore[attr-defined]  # declared as an Iterator, but it is a generator

    def describe(self, model: str) -> ModelDescription:
        found = self._models.get(model=model)
        return ModelDescription(output_token_limit=found.output_token_limit, thinks=found.thinking)

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


def _generation_config(prompt: Prompt, *, store: bool | None) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=prompt.system_instruction or None,
        max_output_tokens=prompt.max_output_tokens,
        temperature=prompt.temperature,
        thinking_config=_thinking_config(prompt),
        tools=[types.Tool(google_search=types.GoogleSearch())] if prompt.search else None,
        response_mime_type="application/json" if prompt.response_schema else None,
        response_json_schema=prompt.response_schema,
        store=store,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        # Beyond the limit of one request the SDK goes on with the vendor's token, and adds up the counts.
        automatic_continuation=True,
    )


def _thinking_config(prompt: Prompt) -> types.ThinkingConfig | None:
    if prompt.thinking is None and not prompt.show_thoughts:
        return None
    include = prompt.show_thoughts or None
    if prompt.thinking is Thinking.OFF:
        return types.ThinkingConfig(thinking_budget=0, include_thoughts=include)
    level = types.ThinkingLevel(prompt.thinking.upper()) if prompt.thinking else None
    return types.ThinkingConfig(thinking_level=level, include_thoughts=include)


def _chunk(response: types.GenerateContentResponse) -> Chunk:
    candidate = response.candidates[0] if response.candidates else types.Candidate()
    parts = (candidate.content and candidate.content.parts) or []
    feedback = response.prompt_feedback
    grounding = candidate.grounding_metadata or types.GroundingMetadata()
    entry_point = grounding.search_entry_point
    return Chunk(
        pieces=tuple(piece for part in parts if (piece := _piece(part))),
        finish_reason=candidate.finish_reason.value if candidate.finish_reason else "",
        prompt_blocked=is_blocked(
            has_feedback=feedback is not None,
            reason=feedback.block_reason.value if feedback and feedback.block_reason else "",
            has_candidates=bool(response.candidates),
        ),
        usage=_usage(response.usage_metadata),
        model=response.model_version or "",
        response_id=response.response_id or "",
        service_tier=_header(response, SERVICE_TIER),
        pages=tuple(_page(chunk) for chunk in grounding.grounding_chunks or []),
        supports=tuple(_support(support) for support in grounding.grounding_supports or []),
        citations=tuple(_citations(candidate.citation_metadata)),
        search_suggestions=(entry_point and entry_point.rendered_content) or "",
        dropped=tuple(kind for part in parts if (kind := _dropped_kind(part))),
    )


def _header(response: types.GenerateContentResponse, name: str) -> str:
    http = response.sdk_http_response
    return (http and http.headers and http.headers.get(name)) or ""


def _piece(part: types.Part) -> Piece | None:
    if part.text:
        return Piece(kind=PartKind.THOUGHT if part.thought else PartKind.TEXT, text=part.text)
    if part.executable_code and part.executable_code.code:
        return Piece(kind=PartKind.CODE, text=part.executable_code.code)
    if part.code_execution_result and part.code_execution_result.output:
        return Piece(kind=PartKind.CODE_RESULT, text=part.code_execution_result.output)
    return None


def _dropped_kind(part: types.Part) -> str:
    """What a part holds that a reply has no place for, such as a picture; empty if there is nothing of the kind.

    The signature of a thought serves calls of functions, which a chat does not make.
    """
    held = part.model_fields_set - {name for name in type(part).model_fields if getattr(part, name) is None}
    return min(held & DROPPED, default="")


def _page(chunk: types.GroundingChunk) -> Page:
    web = chunk.web or types.GroundingChunkWeb()
    return Page(url=web.uri or "", title=web.title or web.domain or "")


def _support(support: types.GroundingSupport) -> Support:
    segment = support.segment or types.Segment()
    span = Span(start=segment.start_index or 0, end=segment.end_index or 0, text=segment.text or "")
    return Support(span=span, pages=tuple(support.grounding_chunk_indices or ()))


def _citations(metadata: types.CitationMetadata | None) -> Iterator[Reference]:
    for citation in (metadata and metadata.citations) or []:
        span = Span(start=citation.start_index or 0, end=citation.end_index or 0)
        yield Reference(page=Page(url=citation.uri or "", title=citation.title or ""), spans=(span,))


def _usage(metadata: types.GenerateContentResponseUsageMetadata | None) -> Usage | None:
    if metadata is None:
        return None
    text, thoughts = metadata.candidates_token_count, metadata.thoughts_token_count
    return Usage(
        prompt_tokens=metadata.prompt_token_count,
        output_tokens=None if text is None else text + (thoughts or 0),
        cached_tokens=metadata.cached_content_token_count,
        tool_tokens=metadata.tool_use_prompt_token_count,
        thought_tokens=thoughts,
    )


def _status(error: errors.APIError) -> int:
    return error.code if isinstance(error.code, int) else 0
