"""Bodies of OpenAI's dialect may be large, so few of them are in memory at once."""

import json
import threading
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Scope, User
from config import wsgi
from tests.clients import make_api_key
from tests.config.chunked import send_chunked

pytestmark = pytest.mark.django_db(transaction=True)  # the application closes its connections itself

PATH = "/v1/chat/completions"


def ask(user: User, size: int) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"model": "no-such-model", "messages": [{"role": "user", "content": "Hello"}]}) + " " * size
    key = make_api_key(user, Scope.MESSAGES_WRITE)
    status, content = send_chunked("POST", PATH, body.encode(), authorization=f"Bearer {key}")
    return status, json.loads(content)


def test_a_large_body_is_read(alice: User) -> None:
    assert ask(alice, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)[0] == 404
    assert ask(alice, settings.DIALECT_BODY_BYTES)[0] == 413


def test_one_too_many_is_refused_and_can_be_repeated(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsgi, "_large_bodies", threading.BoundedSemaphore(1))
    with wsgi._large_bodies:
        status, body = ask(alice, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        assert (status, body["error"]["code"]) == (503, "service_unavailable")
        assert send_chunked("POST", PATH, b" " * 300_000)[0] == 401, "a stranger is told nothing of it"
    assert ask(alice, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)[0] == 404
