"""A worker is killed in mid-answer, and the unmodified `openai` package still ends with exactly the stored text."""

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

MODEL = "gemini-flash-latest"
QUESTION = [{"role": "user", "content": "What is a monsoon?"}]
TEXT = " ".join(f"word{number} हि \U0001f600" for number in range(40))
HELD = {"text": TEXT, "chunks": 40, "hold": 8}
"""The first attempt, which the worker's end cuts off."""


def stored(stack: Stack, user_id: int) -> tuple[str, str, int]:
    [row] = stack.sql(
        "SELECT status, content, attempt FROM chatrooms_message WHERE user_id = %s AND role = 'assistant'", user_id
    )
    return row


@pytest.mark.faults
def test_a_stream_survives_a_killed_worker(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    client = openai.OpenAI(base_url=f"{stack.url}/v1", api_key=alice.access_token, max_retries=0)
    stack.double.script(HELD)
    stack.double.default(text=TEXT, chunks=40, delay=0.1)
    stream = client.chat.completions.create(
        model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    received = ""
    while len(received) < 30:
        received += next(stream).choices[0].delta.content or ""
    stack.kill("worker")
    stack.start("worker")
    for chunk in stream:
        received += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    status, text, attempt = stored(stack, alice.id)
    assert (status, received, attempt) == ("done", text, 2)
    assert text == TEXT
    [(used,)] = stack.sql("SELECT used FROM billing_dailyusage WHERE user_id = %s", alice.id)
    assert used == 1


def test_a_response_is_resumed_across_a_killed_worker(breakable: Stack) -> None:
    """The client's connection breaks as well: it goes on by the number of its last event."""
    stack = breakable
    alice = stack.sign_up()
    client = openai.OpenAI(base_url=f"{stack.url}/v1", api_key=alice.access_token, max_retries=0)
    stack.double.script(HELD)
    stack.double.default(text=TEXT, chunks=40, delay=0.1)
    stream = client.responses.create(model=MODEL, input="What is a monsoon?", stream=True, background=True)
    identity, received = next(stream).response.id, ""
    while len(received) < 30:
        event = next(stream)
        received += event.delta if event.type == "response.output_text.delta" else ""
    stream.close()
    stack.kill("worker")
    stack.redis.empty()
    stack.start("worker")
    resumed = client.responses.retrieve(identity, stream=True, starting_after=event.sequence_number)
    for event in resumed:
        received += event.delta if event.type == "response.output_text.delta" else ""
    status, text, attempt = stored(stack, alice.id)
    assert (status, received, attempt) == ("done", text, 2)
    assert event.response.output_text == text == TEXT


@pytest.mark.faults
def test_two_texts_are_never_mixed(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    client = openai.OpenAI(base_url=f"{stack.url}/v1", api_key=alice.access_token, max_retries=0)
    stack.double.default(text=f"Other {TEXT}", chunks=4)
    stack.double.script(HELD)
    stream = client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
    received = ""
    while len(received) < 30:
        received += next(stream).choices[0].delta.content or ""
    stack.kill("worker")
    stack.start("worker")
    with pytest.raises(openai.APIError) as raised:
        list(stream)
    assert raised.value.code == "reply_rewritten"
    assert stored(stack, alice.id)[:2] == ("done", f"Other {TEXT}")


@pytest.mark.faults
def test_a_whole_completion_survives_a_killed_worker(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    client = openai.OpenAI(base_url=f"{stack.url}/v1", api_key=alice.access_token, max_retries=0)
    stack.double.script(HELD)
    stack.double.default(text=TEXT, chunks=40, delay=0.1)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.chat.completions.create, model=MODEL, messages=QUESTION)
        wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "under way")
        stack.kill("worker")
        stack.start("worker")
        assert asking.result().choices[0].message.content == TEXT == stored(stack, alice.id)[1]
