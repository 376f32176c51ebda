"""A reply as it is written: streamed, cut, resumed, stopped."""

import random

import pytest

from tests import sse
from tests.stack import Person, Stack

pytestmark = pytest.mark.stack

LONG = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(400))


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.sign_up()


def test_an_answer_streams_as_it_is_written(stack: Stack, person: Person) -> None:
    stack.double.default(text="one two three four five six", pieces=6, delay=0.15)
    sent = person.send(person.room(), "Hello")
    transcript = sse.read(sent["stream_url"])
    assert transcript.text == "one two three four five six" == person.message(sent["id"])["gemini_response"]
    assert [each.event for each in transcript.events] == ["start", *["delta"] * 6, "done"]
    deltas = [each.at for each in transcript.events if each.event == "delta"]
    assert deltas[-1] - deltas[0] > 0.5  # not all at the end
    assert transcript.end is not None
    assert transcript.end.data == {"length": 27}


def test_a_connection_cut_twenty_times_loses_and_doubles_nothing(stack: Stack, person: Person) -> None:
    stack.double.default(text=LONG, pieces=200, delay=0.02)
    sent = person.send(person.room(), "Hello")
    transcript, cuts = sse.Transcript(), 0
    while transcript.end is None:
        response = sse.Response(sent["stream_url"], headers={"Last-Event-ID": transcript.last_id})
        assert response.status == 200
        at_most = random.randrange(40, 1500) if cuts < 20 else None
        for received in response.events(at_most=at_most):
            transcript.take(received)
        response.close()
        cuts += 1
    assert cuts == 21
    assert transcript.text == LONG == person.message(sent["id"])["gemini_response"]
    assert transcript.starts == 1
    assert len({each.id for each in transcript.events}) == len(transcript.events)
