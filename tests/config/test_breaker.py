"""One timeout opens the breaker; one probe at a time checks whether the server is back."""

import pytest
import redis

from config.infrastructure import circuit_breaker
from config.infrastructure.circuit_breaker import OPEN_SECONDS, Breaker, GuardedRedis


def test_a_failure_refuses_all_calls_for_a_while(clock: list[float]) -> None:
    state = Breaker()
    assert state.allows()
    state.failed()
    assert not state.allows()
    clock[0] += OPEN_SECONDS - 0.01
    assert not state.allows()


def test_after_the_pause_one_probe_runs_and_a_success_closes_it(clock: list[float]) -> None:
    state = Breaker()
    state.failed()
    clock[0] += OPEN_SECONDS
    assert [state.allows() for _ in range(3)] == [True, False, False]
    state.succeeded()
    assert all(state.allows() for _ in range(3))


def test_a_dead_server_is_called_once(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    monkeypatch.setattr(circuit_breaker, "_breakers", {})
    client = GuardedRedis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=60)  # as the cache makes it
    with pytest.raises(redis.ConnectionError, match="refused"):
        client.get("key")
    with pytest.raises(redis.ConnectionError, match="breaker is open"):
        client.get("key")


def test_a_wrong_command_does_not_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit_breaker, "_breakers", {})

    def refuse(*_: object, **__: object) -> None:
        raise redis.ResponseError("WRONGTYPE")

    monkeypatch.setattr(redis.Redis, "execute_command", refuse)
    client = GuardedRedis(host="127.0.0.1", port=1)
    for _ in range(2):
        with pytest.raises(redis.ResponseError):
            client.get("key")
