"""The unmodified `openai` package asks the whole stack for chat completions."""

import openai
import pytest

from tests.api_user import ApiUser
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

MODEL = "gemini-flash-latest"
QUESTION = [{"role": "user", "content": "What is a monsoon?"}]


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


@pytest.fixture
def client(stack: Stack, alice: ApiUser) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{stack.url}/v1", api_key=alice.access_token)


def test_a_completion_is_the_stored_text_and_usage(stack: Stack, client: openai.OpenAI, alice: ApiUser) -> None:
    stack.double.default(text="A wind \U0001f32c that turns.", chunks=3)
    completion = client.chat.completions.create(model=MODEL, messages=QUESTION)
    [(text, prompt, output)] = stack.sql(
        "SELECT content, prompt_tokens, output_tokens FROM chatrooms_message WHERE user_id = %s AND role = 'assistant'",
        alice.id,
    )
    assert completion.choices[0].message.content == text == "A wind \U0001f32c that turns."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.prompt_tokens == prompt
    assert completion.usage.completion_tokens == output
    assert completion.model == MODEL


def test_a_stream_ends_with_the_usage(stack: Stack, client: openai.OpenAI) -> None:
    stack.double.default(text="one two three", chunks=3, hold=1)
    chunks = []
    for chunk in client.chat.completions.create(
        model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True}
    ):
        chunks.append(chunk)
        if chunk.choices and chunk.choices[0].delta.content:
            stack.double.release()
    assert len(chunks) >= 5
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "one two three"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert chunks[-2].choices[0].finish_reason == "stop"


def test_earlier_messages_and_instructions_reach_the_model(stack: Stack, client: openai.OpenAI) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Speak plainly."},
            {"role": "user", "content": "My name is Asha."},
            {"role": "assistant", "content": "Hello Asha."},
            {"role": "user", "content": [{"type": "text", "text": "Who am I?"}]},
        ],
        temperature=0.5,
        max_completion_tokens=500,
    )
    [call] = stack.double.calls()
    said = [(turn["role"], turn["parts"][0]["text"]) for turn in call["contents"]]
    assert said == [("user", "My name is Asha."), ("model", "Hello Asha."), ("user", "Who am I?")]
    assert call["system_instruction"] == "Speak plainly."
    assert call["generation_config"]["temperature"] == 0.5
