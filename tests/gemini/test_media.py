"""Pictures, documents and sounds of a turn: within the call, or kept by Google for 48 hours and named by it."""

import base64
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from gemini import files
from gemini.client import stream_reply
from gemini.exceptions import FileNotReady, ProviderAuth, ProviderError
from gemini.tokens import estimate_prompt
from gemini.turns import well_formed
from gemini.types import Media, Prompt, Turn
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import MODEL

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PDF = "application/pdf"


def with_media(*media: Media, text: str = "What is this?") -> Prompt:
    return Prompt(turns=(Turn(role="user", text=text, media=media),), model=MODEL, max_output_tokens=100)


def reply_to(prompt: Prompt) -> str:
    with stream_reply(prompt) as stream:
        return "".join(stream)


@pytest.fixture
def current(double: GeminiDouble, settings: Settings) -> GeminiDouble:
    settings.GEMINI_CLIENT = "google-genai"
    return double


def test_small_media_travel_within_the_call_before_the_text(sdk: str, double: GeminiDouble) -> None:
    reply_to(with_media(Media(mime_type="image/png", tokens=1_120, data=PICTURE)))
    [call] = double.calls()
    picture, text = call["contents"][0]["parts"]
    assert picture["inlineData"]["mimeType"] == "image/png"
    assert base64.b64decode(picture["inlineData"]["data"], altchars="-_") == PICTURE
    assert text == {"text": "What is this?"}


def test_a_turn_may_be_media_alone(sdk: str, double: GeminiDouble) -> None:
    reply_to(with_media(Media(mime_type="image/png", tokens=1, data=PICTURE), text=""))
    assert [set(part) for part in double.calls()[0]["contents"][0]["parts"]] == [{"inlineData"}]


def test_an_uploaded_file_is_named_by_the_call(current: GeminiDouble) -> None:
    made = files.upload(io.BytesIO(b"%PDF-1.7 a document"), size=len(b"%PDF-1.7 a document"), mime_type=PDF)
    assert made.expires_at is not None
    assert timedelta(hours=47) < made.expires_at - datetime.now(UTC) < timedelta(hours=49)
    for _ in range(2):
        reply_to(with_media(Media(mime_type=PDF, tokens=560, url=made.url)))
    assert [part["fileData"] for call in current.calls() for part in call["contents"][0]["parts"][:1]] == [
        {"fileUri": made.url, "mimeType": PDF}
    ] * 2
    [file] = current.files()
    assert (file["mime_type"], file["size"], file["state"]) == (PDF, 19, "ACTIVE")


def test_a_file_is_waited_for_while_google_reads_it(current: GeminiDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAUSE", 0.01)
    current.set_files(processing=3)
    made = files.upload(io.BytesIO(b"sound"), size=len(b"sound"), mime_type="audio/mpeg")
    assert reply_to(with_media(Media(mime_type="audio/mpeg", tokens=32, url=made.url)))


def test_a_file_that_google_cannot_read_is_deleted_there(
    current: GeminiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAUSE", 0.01)
    current.set_files(fails=True)
    with pytest.raises(FileNotReady):
        files.upload(io.BytesIO(b"sound"), size=len(b"sound"), mime_type="audio/mpeg")
    assert [file["state"] for file in current.files()] == ["GONE"]


def test_a_file_that_is_gone_has_its_own_code(sdk: str, double: GeminiDouble, settings: Settings) -> None:
    with pytest.raises(ProviderError) as caught:
        reply_to(with_media(Media(mime_type=PDF, tokens=560, url=f"{double.base_url}/v1beta/files/file-9")))
    assert (caught.value.code, caught.value.retryable) == ("file_gone", True)


def test_deleting_a_file_twice_is_fine(current: GeminiDouble) -> None:
    made = files.upload(io.BytesIO(b"text"), size=len(b"text"), mime_type="text/plain")
    files.delete(made.name)
    files.delete(made.name)
    assert [file["state"] for file in current.files()] == ["GONE"]


def test_an_upload_with_a_refused_key_fails_as_a_call_does(current: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "bad-key"
    with pytest.raises(ProviderAuth):
        files.upload(io.BytesIO(b"text"), size=len(b"text"), mime_type="text/plain")
    with pytest.raises(ProviderAuth):
        files.delete("files/file-1")


def test_the_retired_sdk_uploads_nothing(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-generativeai"
    with pytest.raises(ProviderError) as caught:
        files.upload(io.BytesIO(b"text"), size=len(b"text"), mime_type="text/plain")
    assert (caught.value.code, caught.value.retryable, double.files()) == ("bad_request", False, [])


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_takes_files_and_keeps_none() -> None:
    made = files.upload(io.BytesIO(b"text"), size=len(b"text"), mime_type="text/plain")
    files.delete(made.name)
    assert reply_to(with_media(Media(mime_type="text/plain", tokens=1, url=made.url)))


def test_media_count_as_tokens_and_stay_with_their_turn() -> None:
    one, two = (Media(mime_type="image/png", tokens=tokens, data=b"x") for tokens in (1_000, 200))
    merged = well_formed(turns=(Turn(role="user", text="a", media=(one,)), Turn(role="user", text="", media=(two,))))
    assert [turn.media for turn in merged] == [(one, two)]
    assert estimate_prompt(with_media(one, two)) - estimate_prompt(with_media()) == 1_200


def test_a_file_that_cannot_be_looked_up_is_deleted(current: GeminiDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAUSE", 0.01)
    current.set_files(processing=3)
    monkeypatch.setattr("gemini.google_genai.GoogleGenAI.find_file", lambda *_: 1 / 0)
    with pytest.raises(ProviderError):
        files.upload(io.BytesIO(b"sound"), size=5, mime_type="audio/mpeg")
    assert [file["state"] for file in current.files()] == ["GONE"]


def test_a_file_is_read_without_seeking(current: GeminiDouble) -> None:
    class Bucket(io.RawIOBase):
        """As the body of a response: it can only be read on."""

        def __init__(self, content: bytes) -> None:
            self._content = io.BytesIO(content)

        def read(self, size: int = -1) -> bytes:
            return self._content.read(size)

    content = bytes(range(256)) * 50_000  # more than the SDK sends at once
    files.upload(Bucket(content), size=len(content), mime_type="application/pdf")  # type: ignore[arg-type]
    [file] = current.files()
    assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_file_that_google_still_reads_stops_nobody_else(current: GeminiDouble) -> None:
    message = "The File file-1 is not in an ACTIVE state and usage is not allowed."
    body = json.dumps({"error": {"code": 400, "message": message, "status": "FAILED_PRECONDITION"}})
    current.script({"raw": body, "raw_status": 400})
    with pytest.raises(FileNotReady):
        reply_to(with_media(Media(mime_type="image/png", tokens=1, data=PICTURE)))
    assert reply_to(with_media())
