"""Requests for a stream: who may open it, how it is refused, and what is logged."""

import json

import pytest
import requests

from tests import sse
from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import TIMEOUT, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

LONG = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(400))


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


@pytest.fixture
def sent(stack: Stack, alice: ApiUser) -> dict[str, object]:
    stack.double.default(text="one two", chunks=2, delay=0.2)
    return alice.send(alice.room(), "Hello")


def get(stack: Stack, path: str, **headers: str) -> requests.Response:
    url = f"http://127.0.0.1:{stack.stream_port}{path}"
    return requests.get(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=TIMEOUT
    )


def test_the_access_token_opens_the_stream(stack: Stack, alice: ApiUser, sent: dict) -> None:
    response = get(stack, f"/message/{sent['id']}/stream", Authorization=f"Bearer {alice.access_token}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert "event: done" in response.text


def test_a_stranger_gets_the_404_of_a_missing_message(stack: Stack, sent: dict) -> None:
    mallory = stack.sign_up()
    token = f"Bearer {mallory.access_token}"
    bodies = []
    for message_id in (sent["id"], 2**40, sent["reply"]["id"]):
        response = get(stack, f"/message/{message_id}/stream", Authorization=token)
        assert response.status_code == 404
        assert response.headers["Content-Type"] == "application/problem+json"
        bodies.append(response.json() | {"request_id": ""})
    assert bodies[0] == bodies[1] == bodies[2]


def test_a_missing_or_bad_token_or_ticket_is_refused(stack: Stack, alice: ApiUser, sent: dict) -> None:
    path = f"/message/{sent['id']}/stream"
    ticket = sent["stream_url"].partition("ticket=")[2]
    assert get(stack, path).json()["code"] == "not_authenticated"
    assert get(stack, path, Authorization="Bearer x").json()["code"] == "token_invalid"
    for bad in ("x", ticket[:-1], ticket + "x", ticket.replace(":", ";"), "%00", "é" * 50):
        response = get(stack, f"{path}?ticket={bad}")
        assert (response.status_code, response.json()["code"]) == (401, "ticket_invalid"), bad


def test_a_ticket_opens_nothing_else(stack: Stack, alice: ApiUser, sent: dict) -> None:
    other = alice.send(alice.room(), "Other")
    ticket = sent["stream_url"].partition("ticket=")[2]
    assert get(stack, f"/message/{other['id']}/stream?ticket={ticket}").status_code == 404
    for path in (f"/message/{sent['id']}", "/chatroom", "/user/me"):
        assert requests.get(f"{stack.url}{path}?ticket={ticket}", timeout=TIMEOUT).status_code == 401
        assert (
            requests.get(stack.url + path, headers={"Authorization": f"Bearer {ticket}"}, timeout=TIMEOUT).status_code
            == 401
        )


def test_a_ticket_ends_with_its_session(stack: Stack, alice: ApiUser, sent: dict) -> None:
    assert alice.call("POST", "/auth/logout-all").status_code == 204
    response = requests.get(sent["stream_url"], timeout=TIMEOUT)
    assert (response.status_code, response.json()["code"]) == (401, "session_ended")


def test_an_open_stream_ends_with_its_session(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=LONG, chunks=40, hold=8)
    sent = alice.send(alice.room(), "Hello")
    events = sse.Response(sent["stream_url"]).events()
    next(events)
    assert alice.call("POST", "/auth/logout-all").status_code == 204
    *_, last = events
    assert (last.event, last.data["code"]) == ("error", "session_ended")


def test_the_web_process_redirects_to_the_stream(stack: Stack, alice: ApiUser, sent: dict) -> None:
    response = alice.call("GET", f"/message/{sent['id']}/stream", allow_redirects=False)
    assert response.status_code == 307
    assert "event: done" in requests.get(response.headers["Location"], timeout=TIMEOUT).text
    last_id = sse.read(sent["stream_url"]).last_id
    response = alice.call("GET", f"/message/{sent['id']}/stream?after={last_id}", allow_redirects=False)
    assert requests.get(response.headers["Location"], timeout=TIMEOUT).status_code == 204, "it has everything"
    _, _, ticket = sent["stream_url"].partition("ticket=")
    for given, code in ((ticket, "stream_unavailable"), ("x", "ticket_invalid")):
        assert alice.call("GET", f"/message/{sent['id']}/stream?ticket={given}").json()["code"] == code


def test_only_the_chat_page_may_read_a_stream_across_origins(stack: Stack, sent: dict) -> None:
    def allowed(origin: str) -> str | None:
        return requests.get(sent["stream_url"], headers={"Origin": origin}, timeout=TIMEOUT).headers.get(
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
    preflight = requests.options(sent["stream_url"], headers={"Origin": stack.url}, timeout=TIMEOUT)
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]


def test_other_methods_and_paths_are_problems(stack: Stack, sent: dict) -> None:
    assert requests.post(sent["stream_url"], timeout=TIMEOUT).json()["code"] == "method_not_allowed"
    assert get(stack, "/chatroom").json()["code"] == "not_found"
    assert get(stack, "/message/99999999999999999999/stream").json()["code"] == "not_found"


def test_no_log_has_a_ticket(stack: Stack, alice: ApiUser, sent: dict) -> None:
    ticket = sent["stream_url"].partition("ticket=")[2]
    requests.get(sent["stream_url"], headers={"X-Request-ID": "a-request-of-mine"}, timeout=TIMEOUT)
    wait_until(lambda: "a-request-of-mine" in stack.log("stream"), "a log line")
    for name in ("web", "stream", "worker", "tasks", "beat"):
        assert ticket not in stack.log(name)
    [line] = [json.loads(each) for each in stack.log("stream").splitlines() if "a-request-of-mine" in each]
    assert (line["event"], line["status"], line["user_id"], line["end"]) == ("stream", 200, alice.id, "told")


def test_the_streams_of_a_user_are_limited(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=LONG, chunks=40, hold=8)
    sent = alice.send(alice.room(), "Hello")
    opened = [sse.Response(sent["stream_url"], accept="*/*") for _ in range(11)]
    assert sorted(each.status for each in opened) == [200] * 10 + [429]
    [refused] = [each for each in opened if each.status == 429]
    assert json.loads(refused.body())["code"] == "too_many_streams"
    assert int(refused.headers["retry-after"]) >= 1
    browser = sse.Response(sent["stream_url"])
    [event] = browser.events()
    assert (browser.status, event.data) == (200, {"code": "too_many_streams", "final": False})
    bob = stack.sign_up()
    theirs = bob.send(bob.room(), "Hello")
    assert sse.Response(theirs["stream_url"]).status == 200
    for each in opened:
        each.close()
    wait_until(lambda: sse.Response(sent["stream_url"], accept="*/*").status == 200, "a free stream")
    alice.call("POST", f"/message/{sent['id']}/stop")
    bob.call("POST", f"/message/{theirs['id']}/stop")
