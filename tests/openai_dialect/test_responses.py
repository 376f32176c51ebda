"""The unmodified `openai` package asks the whole stack for responses."""

import openai
import pytest
import requests

from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import TIMEOUT, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

MODEL = "gemini-flash-latest"
TEXT = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(30))


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


@pytest.fixture
def client(stack: Stack, alice: ApiUser) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{stack.url}/v1", api_key=alice.access_token, max_retries=0)


def test_a_response_is_the_stored_text(stack: Stack, client: openai.OpenAI, alice: ApiUser) -> None:
    stack.double.default(text=TEXT)
    response = client.responses.create(model=MODEL, input="What is a monsoon?", instructions="Be brief.")
    assert (response.status, response.output_text, response.instructions) == ("completed", TEXT, "Be brief.")
    [(prompt, output)] = stack.sql(
        "SELECT prompt_tokens, output_tokens FROM billing_dailyusage WHERE user_id = %s", alice.id
    )
    assert (response.usage.input_tokens, response.usage.output_tokens) == (prompt, output)
    again = client.responses.retrieve(response.id)
    assert again == response
    assert alice.call("GET", "/chatroom").json() == []


def test_a_stream_can_be_resumed_after_any_event(stack: Stack, client: openai.OpenAI) -> None:
    stack.double.default(text=TEXT, chunks=10, delay=0.05)
    events = list(client.responses.create(model=MODEL, input="Hello", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == TEXT
    assert events[-1].response.output_text == TEXT
    identity = events[0].response.id
    for number, event in enumerate(events):
        resumed = client.responses.retrieve(identity, stream=True, starting_after=event.sequence_number)
        rest = "".join(later.delta for later in resumed if later.type == "response.output_text.delta")
        had = "".join(each.delta for each in events[: number + 1] if each.type == "response.output_text.delta")
        assert had + rest == TEXT
    resumed = list(client.responses.retrieve(identity, stream=True, starting_after=events[-2].sequence_number))
    assert [event.type for event in resumed] == ["response.completed"]


def test_a_broken_connection_is_resumed_while_it_is_written(stack: Stack, client: openai.OpenAI) -> None:
    stack.double.default(text=TEXT, chunks=20, delay=0.1, hold=10)
    stream = client.responses.create(model=MODEL, input="Hello", stream=True, background=True)
    received, last = "", None
    for event in stream:
        last = event if last is None or event.sequence_number > last.sequence_number else last
        if event.type == "response.created":
            identity = event.response.id
        if event.type == "response.output_text.delta":
            received += event.delta
            if len(received) > 40:
                break
    stream.close()
    resumed = client.responses.retrieve(identity, stream=True, starting_after=last.sequence_number)
    stack.double.release()
    for event in resumed:
        received += event.delta if event.type == "response.output_text.delta" else ""
    assert received == TEXT


def test_the_last_event_id_resumes_as_well(stack: Stack, client: openai.OpenAI, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=5)
    events = list(client.responses.create(model=MODEL, input="Hello", stream=True))
    response = requests.get(
        f"{stack.url}/v1/responses/{events[0].response.id}?stream=true",
        headers={"Authorization": f"Bearer {alice.access_token}", "Last-Event-ID": str(events[-2].sequence_number)},
        timeout=TIMEOUT,
    )
    assert response.text.count("event: ") == 1
    assert f"id: {events[-1].sequence_number}\nevent: response.completed" in response.text


def test_a_response_goes_on_from_an_earlier_one(stack: Stack, client: openai.OpenAI) -> None:
    stack.double.default(text="Noted.")
    first = client.responses.create(
        model=MODEL,
        input=[
            {"role": "user", "content": "I am Asha."},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": [{"type": "input_text", "text": "I live in Pune."}]},
        ],
    )
    second = client.responses.create(model=MODEL, input="And I work in Mumbai.", previous_response_id=first.id)
    client.responses.create(model=MODEL, input="Where do I live?", previous_response_id=second.id)
    other = client.responses.create(model=MODEL, input="Who am I?", previous_response_id=first.id)
    assert other.previous_response_id == first.id
    said = [[turn["parts"][0]["text"] for turn in call["contents"]] for call in stack.double.calls()]
    base = ["I am Asha.", "Hello.", "I live in Pune."]
    assert said == [
        base,
        [*base, "Noted.", "And I work in Mumbai."],
        [*base, "Noted.", "And I work in Mumbai.", "Noted.", "Where do I live?"],
        [*base, "Noted.", "Who am I?"],
    ]


def test_a_conversation_is_a_room(stack: Stack, client: openai.OpenAI, alice: ApiUser) -> None:
    stack.double.default(text="A wind.")
    room = alice.room("Weather")
    response = client.responses.create(input="What is a monsoon?", conversation=f"conv_{room}")
    assert response.conversation.id == f"conv_{room}"
    [message] = alice.call("GET", f"/chatroom/{room}/messages").json()
    assert (message["content"], message["gemini_response"]) == ("What is a monsoon?", "A wind.")


def test_a_response_in_the_background_is_polled(stack: Stack, client: openai.OpenAI) -> None:
    stack.double.default(text=TEXT, chunks=4, delay=0.2)
    response = client.responses.create(model=MODEL, input="Hello", background=True, metadata={"a": "b"})
    assert response.status in ("queued", "in_progress")
    assert (response.background, response.metadata) == (True, {"a": "b"})
    done = wait_until(
        lambda: next((r for r in [client.responses.retrieve(response.id)] if r.status == "completed"), None), "done"
    )
    assert done.output_text == TEXT


def test_a_response_is_cancelled(stack: Stack, client: openai.OpenAI, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=40, hold=8)
    stream = client.responses.create(model=MODEL, input="Hello", background=True, stream=True)
    received, identity = "", next(stream).response.id
    while len(received) < 10:
        event = next(stream)
        received += event.delta if event.type == "response.output_text.delta" else ""
    cancelled = client.responses.cancel(identity)
    assert cancelled.status == "cancelled"
    for event in stream:
        received += event.delta if event.type == "response.output_text.delta" else ""
    assert event.response.status == "cancelled"
    assert client.responses.cancel(identity).output_text == received == event.response.output_text
    [(prompt, output)] = stack.sql(
        "SELECT prompt_tokens, output_tokens FROM billing_dailyusage WHERE user_id = %s", alice.id
    )
    assert (event.response.usage.input_tokens, event.response.usage.output_tokens) == (prompt, output)


def test_a_response_is_deleted(stack: Stack, client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input="Hello")
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_what_is_not_stored_is_not_found(stack: Stack, client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input="Hello", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_errors_are_the_packages_typed_exceptions(stack: Stack, client: openai.OpenAI, alice: ApiUser) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model=MODEL, input="Hello", top_p=0.5)
    assert refused.value.param == "top_p"
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="gpt-5", input="Hello")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="kvk_x").models.list()
    stack.double.default(block="SAFETY")
    with pytest.raises(openai.BadRequestError) as blocked:
        client.responses.create(model=MODEL, input="Hello")
    assert blocked.value.code == "content_filter"
    with pytest.raises(openai.BadRequestError) as blocked:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    assert blocked.value.code == "content_filter"
    failed = list(client.responses.create(model=MODEL, input="Hello", stream=True))
    assert (failed[-1].type, failed[-1].response.error.code) == ("response.failed", "invalid_prompt")
    [(used,)] = stack.sql("SELECT used FROM billing_dailyusage WHERE user_id = %s", alice.id)
    assert used == 0
    stack.set_tier(waiting_replies=1)
    stack.double.default(text=TEXT, hold=0)
    client.responses.create(model=MODEL, input="Hello", background=True)
    with pytest.raises(openai.RateLimitError):
        client.responses.create(model=MODEL, input="Hello")
    stack.set_tier(waiting_replies=50)
