"""A reply as it is written: streamed, cut, resumed, stopped."""

import json
import random
import time
from collections.abc import Callable

import pytest
import requests
from redis import Redis

from chatrooms.streaming.request import SEND_TIMEOUT
from tests import sse
from tests.stack import PATIENCE, Person, Stack, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def rounds(few: int, many: int) -> pytest.MarkDecorator:
    """How often a race is run in `make test`, and in `make faults`."""
    return pytest.mark.parametrize("rounds", [few, pytest.param(many, marks=pytest.mark.faults)])


LONG = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(400))


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.sign_up()


def test_an_answer_streams_as_it_is_written(stack: Stack, person: Person) -> None:
    stack.double.default(text="one two three four five six", pieces=6, delay=1)
    sent = person.send(person.room(), "Hello")
    transcript = sse.Transcript()
    for received in sse.Response(sent["stream_url"]).events():
        if received.event == "delta" and not transcript.text:
            assert stack.double.ledger()["in_flight"] == 1, "the first piece came before the last was made"
        transcript.take(received)
    assert transcript.text == "one two three four five six" == person.message(sent["id"])["gemini_response"]
    assert [each.event for each in transcript.events] == ["start", *["delta"] * 6, "done"]
    assert transcript.end is not None
    assert transcript.end.data == {"length": 27}


def test_a_connection_cut_twenty_times_loses_and_doubles_nothing(stack: Stack, person: Person) -> None:
    stack.double.default(text=LONG, pieces=200, delay=0.02)
    sent = person.send(person.room(), "Hello")
    transcript, cuts = sse.Transcript(), 0
    while transcript.end is None:
        response = sse.Response(sent["stream_url"], headers={"Last-Event-ID": transcript.last_id})
        assert response.status == 200
        at_most = random.randrange(40, 800) if cuts < 20 else None  # so that twenty are shorter than the whole
        for received in response.events(at_most=at_most):
            transcript.take(received)
        response.close()
        cuts += 1
    assert cuts == 21
    assert transcript.text == LONG == person.message(sent["id"])["gemini_response"]
    assert transcript.starts == 1
    assert len({each.id for each in transcript.events}) == len(transcript.events)


def test_a_late_joiner_gets_what_was_said_first(stack: Stack, person: Person) -> None:
    stack.double.default(text=LONG, pieces=50, delay=0.04)
    sent = person.send(person.room(), "Hello")
    with Redis.from_url(stack.environment["REDIS_URL"]) as redis:
        wait_until(lambda: redis.xlen(f"live:{sent['reply']['id']}") > 20, "the start and twenty pieces")
    transcript = sse.read(sent["stream_url"])
    assert transcript.text == LONG == person.message(sent["id"])["gemini_response"]
    assert transcript.starts == 1
    quick = [each for each in transcript.events if each.event == "delta" and each.at < transcript.events[0].at + 0.2]
    assert len(quick) >= 20, "of those to come, five in that time"


def test_a_finished_reply_is_served_whole_and_then_no_more(stack: Stack, person: Person) -> None:
    stack.double.default(text=LONG, pieces=3)
    sent = person.send(person.room(), "Hello")
    person.answered(sent["id"])
    for _ in range(2):
        transcript = sse.read(sent["stream_url"])
        assert transcript.text == LONG
        assert [each.event for each in transcript.events] == ["start", "delta", "done"]
        stack.empty_redis()
    again = sse.Response(sent["stream_url"], headers={"Last-Event-ID": transcript.last_id})
    assert again.status == 204
    from_another = sse.Response(sent["stream_url"], headers={"Last-Event-ID": f"1{transcript.last_id}"})
    assert from_another.status == 200


def test_a_client_that_was_away_resumes_after_the_end(stack: Stack, person: Person) -> None:
    stack.double.default(text=LONG, pieces=50, delay=0.02)
    sent = person.send(person.room(), "Hello")
    transcript = sse.Transcript()
    for received in sse.Response(sent["stream_url"]).events(at_most=2000):
        transcript.take(received)
    assert transcript.text
    person.answered(sent["id"])
    for received in sse.Response(f"{sent['stream_url']}&after={transcript.last_id}").events():
        transcript.take(received)
    assert (transcript.text, transcript.starts) == (LONG, 1)


def test_a_failed_reply_ends_with_its_code(stack: Stack, person: Person) -> None:
    stack.double.default(block="SAFETY")
    sent = person.send(person.room(), "Hello")
    end = sse.read(sent["stream_url"]).end
    assert end is not None
    assert (end.event, end.data) == ("error", {"code": "blocked"})


def test_a_try_that_broke_off_is_taken_back(stack: Stack, person: Person) -> None:
    room = person.room()
    stack.double.default(ttft=30)
    earlier = person.send(room, "What the answer waits for until it is followed")
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the earlier one's call")
    stack.double.script({"text": "half an ", "pieces": 1, "fault": "reset"}, {"text": "a whole one", "pieces": 2})
    sent = person.send(room, "Hello")
    response, transcript = sse.Response(sent["stream_url"]), sse.Transcript()
    assert person.call("POST", f"/message/{earlier['id']}/stop").status_code == 200
    for received in response.events():
        transcript.take(received)
    assert transcript.text == "a whole one"
    assert transcript.starts >= 2
    assert "half an " in [each.data.get("text") for each in transcript.events]


class TestAccess:
    @pytest.fixture
    def sent(self, stack: Stack, person: Person) -> dict[str, object]:
        stack.double.default(text="one two", pieces=2, delay=0.2)
        return person.send(person.room(), "Hello")

    def get(self, stack: Stack, path: str, **headers: str) -> requests.Response:
        url = f"http://127.0.0.1:{stack.stream_port}{path}"
        return requests.get(
            url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=PATIENCE
        )

    def test_the_access_token_opens_it(self, stack: Stack, person: Person, sent: dict) -> None:
        answer = self.get(stack, f"/message/{sent['id']}/stream", Authorization=f"Bearer {person.access_token}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "event: done" in answer.text

    def test_a_stranger_gets_404_as_for_what_does_not_exist(self, stack: Stack, sent: dict) -> None:
        stranger = stack.sign_up()
        token = f"Bearer {stranger.access_token}"
        bodies = []
        for message_id in (sent["id"], 2**40, sent["reply"]["id"]):
            answer = self.get(stack, f"/message/{message_id}/stream", Authorization=token)
            assert answer.status_code == 404
            assert answer.headers["Content-Type"] == "application/problem+json"
            bodies.append(answer.json() | {"request_id": ""})
        assert bodies[0] == bodies[1] == bodies[2]

    def test_nobody_gets_in_without_a_token_or_with_a_bad_one(self, stack: Stack, person: Person, sent: dict) -> None:
        path = f"/message/{sent['id']}/stream"
        ticket = sent["stream_url"].partition("ticket=")[2]
        assert self.get(stack, path).json()["code"] == "not_authenticated"
        assert self.get(stack, path, Authorization="Bearer x").json()["code"] == "token_invalid"
        for bad in ("x", ticket[:-1], ticket + "x", ticket.replace(":", ";"), "%00", "é" * 50):
            answer = self.get(stack, f"{path}?ticket={bad}")
            assert (answer.status_code, answer.json()["code"]) == (401, "ticket_invalid"), bad

    def test_a_ticket_opens_nothing_else(self, stack: Stack, person: Person, sent: dict) -> None:
        other = person.send(person.room(), "Other")
        ticket = sent["stream_url"].partition("ticket=")[2]
        assert self.get(stack, f"/message/{other['id']}/stream?ticket={ticket}").status_code == 404
        for path in (f"/message/{sent['id']}", "/chatroom", "/user/me"):
            assert requests.get(f"{stack.url}{path}?ticket={ticket}", timeout=PATIENCE).status_code == 401
            assert (
                requests.get(
                    stack.url + path, headers={"Authorization": f"Bearer {ticket}"}, timeout=PATIENCE
                ).status_code
                == 401
            )

    def test_a_ticket_dies_with_its_session(self, stack: Stack, person: Person, sent: dict) -> None:
        assert person.call("POST", "/auth/logout-all").status_code == 204
        answer = requests.get(sent["stream_url"], timeout=PATIENCE)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")

    def test_an_open_stream_ends_with_its_session(self, stack: Stack, person: Person) -> None:
        stack.double.default(text=LONG, pieces=200, delay=0.1)
        sent = person.send(person.room(), "Hello")
        events = sse.Response(sent["stream_url"]).events()
        next(events)
        assert person.call("POST", "/auth/logout-all").status_code == 204
        *_, last = events
        assert (last.event, last.data["code"]) == ("error", "session_ended")

    def test_the_web_process_leads_there(self, stack: Stack, person: Person, sent: dict) -> None:
        answer = person.call("GET", f"/message/{sent['id']}/stream", allow_redirects=False)
        assert answer.status_code == 307
        assert "event: done" in requests.get(answer.headers["Location"], timeout=PATIENCE).text
        place = sse.read(sent["stream_url"]).last_id
        answer = person.call("GET", f"/message/{sent['id']}/stream?after={place}", allow_redirects=False)
        assert requests.get(answer.headers["Location"], timeout=PATIENCE).status_code == 204, "it has everything"
        _, _, ticket = sent["stream_url"].partition("ticket=")
        for told, code in ((ticket, "stream_unavailable"), ("x", "ticket_invalid")):
            assert person.call("GET", f"/message/{sent['id']}/stream?ticket={told}").json()["code"] == code

    def test_only_the_chat_page_may_read_it_across_origins(self, stack: Stack, sent: dict) -> None:
        def allowed(origin: str) -> str | None:
            return requests.get(sent["stream_url"], headers={"Origin": origin}, timeout=PATIENCE).headers.get(
                "Access-Control-Allow-Origin"
            )

        assert allowed(stack.url) == stack.url
        for hostile in (
            "null",
            f"{stack.url}.evil.example",
            "https://evil.example",
            stack.url.replace("http", "https"),
        ):
            assert allowed(hostile) is None
        preflight = requests.options(sent["stream_url"], headers={"Origin": stack.url}, timeout=PATIENCE)
        assert preflight.status_code == 204
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]

    def test_other_methods_and_paths_are_problems(self, stack: Stack, sent: dict) -> None:
        assert requests.post(sent["stream_url"], timeout=PATIENCE).json()["code"] == "method_not_allowed"
        assert self.get(stack, "/chatroom").json()["code"] == "not_found"
        assert self.get(stack, "/message/99999999999999999999/stream").json()["code"] == "not_found"

    def test_no_log_has_a_ticket(self, stack: Stack, person: Person, sent: dict) -> None:
        ticket = sent["stream_url"].partition("ticket=")[2]
        requests.get(sent["stream_url"], headers={"X-Request-ID": "a-request-of-mine"}, timeout=PATIENCE)
        wait_until(lambda: "a-request-of-mine" in stack.log("stream"), "a log line")
        for name in ("web", "stream", "worker", "tasks", "beat"):
            assert ticket not in stack.log(name)
        [line] = [json.loads(each) for each in stack.log("stream").splitlines() if "a-request-of-mine" in each]
        assert (line["event"], line["status"], line["user_id"], line["end"]) == ("stream", 200, person.id, "told")

    def test_the_streams_of_a_user_are_limited(self, stack: Stack, person: Person) -> None:
        stack.double.default(text=LONG, pieces=200, delay=0.1)
        sent = person.send(person.room(), "Hello")
        opened = [sse.Response(sent["stream_url"], accept="*/*") for _ in range(11)]
        assert sorted(each.status for each in opened) == [200] * 10 + [429]
        [refused] = [each for each in opened if each.status == 429]
        assert json.loads(refused.body())["code"] == "too_many_streams"
        assert int(refused.headers["retry-after"]) >= 1
        browser = sse.Response(sent["stream_url"])
        [event] = browser.events()
        assert (browser.status, event.data) == (200, {"code": "too_many_streams", "final": False})
        other = stack.sign_up()
        theirs = other.send(other.room(), "Hello")
        assert sse.Response(theirs["stream_url"]).status == 200
        for each in opened:
            each.close()
        wait_until(lambda: sse.Response(sent["stream_url"], accept="*/*").status == 200, "a place")
        person.call("POST", f"/message/{sent['id']}/stop")
        other.call("POST", f"/message/{theirs['id']}/stop")


class TestStopping:
    def used(self, person: Person) -> int:
        return int(person.call("GET", "/usage").json()["used"])

    def agree(self, stack: Stack, person: Person, message_id: int, told: str) -> dict:
        """Wait until the worker has settled; status, text, usage and quota then tell one story."""
        query = "SELECT lease_until IS NULL FROM chatrooms_message WHERE answers_id = %s AND is_current"
        wait_until(lambda: stack.sql(query, message_id) == [(True,)], "settled")
        message = person.message(message_id)
        assert message["reply"]["status"] == "stopped"
        assert message["gemini_response"] == told
        assert message["reply"]["prompt_tokens"]
        assert (message["reply"]["output_tokens"] or 0) > 0 or not told
        [(units, back)] = stack.sql(
            "SELECT count(*) FILTER (WHERE amount = 1), count(*) FILTER (WHERE amount = -1) FROM billing_ledgerentry "
            "WHERE user_id = %s",
            person.id,
        )
        assert self.used(person) == units - back
        return message

    @rounds(1, 20)
    def test_after_the_first_piece_the_call_ends_and_the_text_stays(
        self, stack: Stack, person: Person, rounds: int
    ) -> None:
        room = person.room()
        for _ in range(rounds):
            stack.double.reset()
            stack.double.default(text=LONG, pieces=400, delay=random.uniform(0.2, 0.5))  # minutes, unless stopped
            before = self.used(person)
            sent = person.send(room, "Hello")
            transcript = sse.Transcript()
            events = sse.Response(sent["stream_url"]).events()
            while not transcript.text:
                transcript.take(next(events))
            time.sleep(random.uniform(0, 1))
            answer = person.call("POST", f"/message/{sent['id']}/stop")
            assert answer.status_code == 200
            assert answer.json()["reply"]["status"] == "stopped"
            for received in events:
                transcript.take(received)
            assert transcript.end is not None
            assert transcript.end.event == "stopped"
            self.agree(stack, person, sent["id"], transcript.text)
            assert answer.json()["gemini_response"] == transcript.text
            assert LONG.startswith(transcript.text)
            assert self.used(person) == before + 1
            wait_until(lambda: stack.double.calls()[0]["disconnected"], "the call closed")

    @rounds(1, 5)
    def test_before_the_first_piece_the_call_ends_and_the_unit_comes_back(
        self, stack: Stack, person: Person, rounds: int
    ) -> None:
        room = person.room()
        for _ in range(rounds):
            stack.double.reset()
            stack.double.default(ttft=120)
            before = self.used(person)
            sent = person.send(room, "Hello")
            wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the call")
            time.sleep(random.uniform(0, 1))
            answer = person.call("POST", f"/message/{sent['id']}/stop")
            assert (answer.status_code, answer.json()["gemini_response"]) == (200, "")
            message = self.agree(stack, person, sent["id"], "")
            assert message["reply"]["tokens_estimated"] is True
            assert self.used(person) == before
            wait_until(lambda: stack.double.calls()[0]["disconnected"], "the call closed, long before its time-out", 30)

    @rounds(1, 10)
    def test_a_stop_that_the_stream_does_not_hear_of_drops_no_text(
        self, stack: Stack, person: Person, rounds: int
    ) -> None:
        """`web` may commit and then not reach Redis: until the worker has settled, the row has no text yet."""
        room = person.room()
        for _ in range(rounds):
            stack.double.reset()
            stack.double.default(text=LONG, pieces=400, delay=0.8)
            sent = person.send(room, "Hello")
            events = sse.Response(sent["stream_url"]).events()
            transcript = sse.Transcript()
            while not transcript.text:
                transcript.take(next(events))
            stack.sql(
                "UPDATE chatrooms_message SET status = 'stopped', finished_at = now(), lease_until = now() + '9 min' "
                "WHERE answers_id = %s AND is_current RETURNING id",
                sent["id"],
            )
            late = sse.read(sent["stream_url"])
            for received in events:
                transcript.take(received)
            assert transcript.end is not None
            assert transcript.end.event == "stopped"
            assert transcript.starts == 1
            self.agree(stack, person, sent["id"], transcript.text)
            assert late.text == transcript.text != ""

    @rounds(1, 10)
    def test_of_many_at_once_one_wins(self, stack: Stack, person: Person, rounds: int) -> None:
        room = person.room()
        for _ in range(rounds):
            stack.double.default(text=LONG, pieces=400, delay=0.5)
            sent = person.send(room, "Hello")
            stops = in_parallel([lambda m=sent["id"]: person.call("POST", f"/message/{m}/stop").status_code] * 8)
            assert sorted(stops) == [200] + [409] * 7
            wait_until(lambda: stack.unfinished() == 0, "rest")

    @rounds(1, 10)
    @pytest.mark.parametrize("verb", ["regenerate", "retry", "edit"])
    def test_of_many_that_ask_again_one_wins(self, stack: Stack, person: Person, verb: str, rounds: int) -> None:
        room = person.room()

        def ask(message_id: int) -> int:
            if verb == "edit":
                return person.call("PATCH", f"/message/{message_id}", json={"content": "New"}).status_code
            return person.call("POST", f"/message/{message_id}/{verb}").status_code

        for _ in range(rounds):
            stack.double.script({"block": "SAFETY"}, {"ttft": 120})
            before = self.used(person)
            sent = person.send(room, "Hello")
            person.answered(sent["id"])
            answers = in_parallel([lambda m=sent["id"]: ask(m)] * 8)
            assert sorted(answers) == [202] + [409] * 7
            assert self.used(person) == before + 1  # the send that failed gave its unit back
            wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the one call")
            assert person.call("POST", f"/message/{sent['id']}/stop").status_code == 200
            self.agree(stack, person, sent["id"], "")
            assert self.used(person) == before


def test_clients_that_cannot_stream_wait(stack: Stack, person: Person) -> None:
    stack.double.default(text="patience", ttft=3)
    room = person.room()
    answer = person.call("POST", f"/chatroom/{room}/message?wait=20", json={"content": "Hello"})
    assert (answer.status_code, answer.json()["gemini_response"]) == (202, "patience")
    sent = person.send(room, "Again")
    assert sent["gemini_response"] is None
    answer = person.call("GET", f"/message/{sent['id']}?wait=20")
    assert answer.json()["gemini_response"] == "patience"


def test_while_as_many_wait_as_may_others_are_served(stack: Stack, person: Person) -> None:
    stack.double.default(text="late", ttft=8)
    path = f"/message/{person.send(person.room(), 'Hello')['id']}?wait=20"
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "a call")

    def ask() -> int:
        time.sleep(1)  # the others wait by now
        assert requests.get(stack.url + "/tiers", timeout=PATIENCE).status_code == 200
        return int(stack.double.ledger()["in_flight"])

    *codes, in_flight = in_parallel([*([lambda: person.call("GET", path).status_code] * 60), ask])
    assert set(codes) == {200}
    assert in_flight == 1, "the other request was answered only when those who wait had gone"


@pytest.mark.faults  # it waits for a real time-out
def test_a_blocked_client_is_dropped_and_harms_nobody(stack: Stack, person: Person) -> None:
    stack.double.default(size=900_000, pieces=900, delay=0.002)
    sent = person.send(person.room(), "Hello")
    blocked = sse.Response(sent["stream_url"], buffer=4096)
    transcript = sse.read(sent["stream_url"])
    assert len(transcript.text) == 900_000
    wait_until(lambda: '"too_slow"' in stack.log("stream"), "dropped", SEND_TIMEOUT + 10)
    with pytest.raises((ConnectionError, ValueError)):
        for _ in blocked.events():
            pass


def test_rooms_get_titles_of_their_own(stack: Stack, person: Person) -> None:
    room = person.call("POST", "/chatroom", json={}).json()
    stack.double.default(text='"Rain in Goa."')
    person.answered(person.send(room["id"], "What is a monsoon?")["id"])
    name: Callable[[], str] = lambda: person.call("GET", f"/chatroom/{room['id']}").json()["name"]  # noqa: E731
    wait_until(lambda: name() == "Rain in Goa", "a title")
    assert person.call("GET", "/chatroom").json()[0]["name"] == "Rain in Goa"
