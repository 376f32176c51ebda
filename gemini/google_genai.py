"""Gemini through google-genai, Google's current SDK. Only this module and `google_genai_events` import it."""

import io
import logging
import time
import warnings
from collections.abc import Generator, Iterator
from typing import IO, Any

import httpx2
import structlog
from google import genai
from google.genai import errors, types

from gemini.event_stream import readable_events
from gemini.exceptions import CallFailed, ConnectionCut, ProviderError, ProviderTimeout
from gemini.google_errors import from_google, is_store_refused
from gemini.google_genai_events import chunk_of
from gemini.interrupts import InterruptibleBackend
from gemini.limits import bounded
from gemini.provider import Config
from gemini.types import Chunk, Media, ModelDescription, Prompt, RemoteFile, Thinking, Turn

log = structlog.get_logger(__name__)

# Always passed, since otherwise the environment (GOOGLE_GEMINI_BASE_URL) could make the SDK send the key elsewhere.
GOOGLE = "https://generativelanguage.googleapis.com/"

# Only v1beta has the aliases like "gemini-flash-latest". The SDK's own default moved from it to v1 in 3.0.
API_VERSION = "v1beta"


# Of a word that is newer than the SDK, which is kept as it is.
warnings.filterwarnings("ignore", message=".* is not a valid ", category=UserWarning, module=r"google\.genai")

# Both log a line for every call, httpx2 with the whole URL.
for _name in ("google_genai", "httpx2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class GoogleGenAI:
    """One client and one pool of connections for all threads of the process."""

    def __init__(self, config: Config) -> None:
        self._allow_stored = config.allow_stored
        client = genai.Client(
            vertexai=False,
            api_key=config.api_key,
            http_options=types.HttpOptions(
                base_url=config.base_url or GOOGLE,
                api_version=API_VERSION,
                httpx_client=_HTTP(config),
                retry_options=types.HttpRetryOptions(attempts=1),
            ),
        )
        self._models, self._files = client.models, client.files

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
                yield chunk_of(response)
        finally:
            responses.close()  # type: ignore[attr-defined]  # declared as an Iterator, but it is a generator

    def describe(self, model: str) -> ModelDescription:
        found = self._models.get(model=model)
        return ModelDescription(output_token_limit=found.output_token_limit, thinks=found.thinking)

    def upload(self, content: IO[bytes], *, size: int, mime_type: str) -> RemoteFile:
        made = self._files.upload(file=_Content(content, size=size), config=types.UploadFileConfig(mime_type=mime_type))
        return _remote_file(made)

    def find_file(self, name: str) -> RemoteFile:
        return _remote_file(self._files.get(name=name))

    def delete_file(self, name: str) -> None:
        self._files.delete(name=name)

    def classify(self, error: Exception) -> ProviderError:
        cause = type(error).__name__
        match error:
            case errors.APIError():
                return from_google(status=_status(error), body=error.details, cause=cause)
            case httpx2.TimeoutException():
                return ProviderTimeout(cause=cause)
            case httpx2.HTTPError() | OSError() | ValueError():  # the connection, or what came over it
                return ConnectionCut(cause=cause)
            case _:
                return CallFailed(cause=cause)


class _Content(io.IOBase):
    """A file as the SDK wants it: an `io.IOBase` that can tell its size.

    The file of a storage is none, and one of a bucket cannot seek. The SDK seeks only to learn the size, and then reads
    from the beginning to the end.
    """

    def __init__(self, content: IO[bytes], *, size: int) -> None:
        self._content, self._size, self._position = content, size, 0

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset + (self._size if whence == io.SEEK_END else 0)
        return self._position

    def tell(self) -> int:
        return self._position


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


def _remote_file(made: types.File) -> RemoteFile:
    return RemoteFile(
        name=made.name or "",
        url=made.uri or "",
        expires_at=made.expiration_time,
        state=made.state.value if made.state else "",
    )


def _contents(prompt: Prompt) -> list[types.Content]:
    return [types.Content(role=turn.role, parts=_parts(turn)) for turn in prompt.turns]


def _parts(turn: Turn) -> list[types.Part]:
    text = [types.Part(text=turn.text)] if turn.text else []
    return [*(_media_part(media) for media in turn.media), *text]


def _media_part(media: Media) -> types.Part:
    if media.url:
        return types.Part(file_data=types.FileData(file_uri=media.url, mime_type=media.mime_type))
    return types.Part(inline_data=types.Blob(data=media.data, mime_type=media.mime_type))


def _generation_config(prompt: Prompt, *, store: bool | None) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=prompt.system_instruction or None,
        max_output_tokens=prompt.max_output_tokens,
        temperature=prompt.temperature,
        thinking_config=_thinking_config(prompt),
        tools=[types.Tool(google_search=types.GoogleSearch())] if prompt.search else None,
        response_mime_type=None if prompt.response_schema is None else "application/json",
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


def _status(error: errors.APIError) -> int:
    return error.code if isinstance(error.code, int) else 0
