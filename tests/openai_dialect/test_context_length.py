"""All that a request says, with its files and with what was said before, fits into the tier's context."""

from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from billing.models import LedgerEntry, Tier
from chatrooms.models import Chatroom, File, Message, Reply, Status
from gemini.tokens import TOKENS_PER_PICTURE, estimate

pytestmark = pytest.mark.django_db

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
WORDS = "word " * 200
PICTURE = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}


def post(client: APIClient, text: str, *parts: Any, **more: Any) -> Any:
    content = [{"type": "input_text", "text": text}, *parts]
    given = {"model": settings.GEMINI_MODEL, "input": [{"role": "user", "content": content}], "background": True}
    return client.post("/v1/responses", given | more)


def answered(response: Any) -> str:
    assert response.status_code == 200, response.content
    Reply.objects.update(status=Status.DONE, content="A wind.")
    return str(response.json()["id"])


def limit(tokens: int) -> None:
    Tier.objects.update(context_tokens=tokens)


def assert_too_long(response: Any, param: str, *, messages: int) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "context_length_exceeded", param), error
    assert Message.objects.filter(role="user").count() == LedgerEntry.objects.count() == messages
    assert Chatroom.objects.count() == messages


def forked(client: APIClient, first: str, text: str, *parts: Any, **more: Any) -> Any:
    """A response after an earlier one, in a room of its own since it is not stored."""
    return post(client, text, *parts, previous_response_id=first, store=False, background=False, **more)


def test_an_input_too_long_by_itself_is_blamed(client: APIClient) -> None:
    first = answered(post(client, "Hello"))
    limit(estimate(WORDS) - 1)
    assert_too_long(post(client, WORDS, previous_response_id=first), "input", messages=1)


def test_a_fork_counts_the_question(client: APIClient) -> None:
    first = answered(post(client, WORDS))
    limit(estimate(WORDS) * 2)
    assert_too_long(forked(client, first, WORDS), "previous_response_id", messages=1)


def test_a_fork_counts_the_instruction(client: APIClient) -> None:
    first = answered(post(client, WORDS))
    limit(estimate(WORDS) * 2)
    assert_too_long(forked(client, first, "?", instructions=WORDS), "previous_response_id", messages=1)


def test_a_fork_counts_the_files_of_earlier_turns(client: APIClient) -> None:
    first = answered(post(client, "Look", PICTURE))
    limit(TOKENS_PER_PICTURE * 3 // 2)
    assert_too_long(forked(client, first, "And this?", PICTURE), "previous_response_id", messages=1)
    assert File.objects.filter(message=None).count() == 1, "it is swept"


def test_a_request_counts_its_text_and_its_files(client: APIClient) -> None:
    limit(TOKENS_PER_PICTURE + 50)
    assert_too_long(post(client, WORDS, PICTURE), "input", messages=0)


def test_a_fork_that_fits_is_accepted(client: APIClient) -> None:
    first = answered(post(client, WORDS))
    limit(estimate(WORDS) * 2 + 100)
    assert forked(client, first, WORDS).status_code in (200, 303)
