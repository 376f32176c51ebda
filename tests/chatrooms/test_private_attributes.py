"""The private attributes of uvicorn that `chatrooms/streaming/request.py` reads are still there.

If it fails after an upgrade, read how the new version holds its connection and follow in `StreamRequest`.
"""

import importlib
import inspect
from unittest.mock import MagicMock

import pytest

from chatrooms.streaming.request import StreamRequest


@pytest.mark.parametrize("protocol", ["h11_impl", "httptools_impl"])
def test_uvicorns_send_still_leads_to_the_transport(protocol: str) -> None:
    module = pytest.importorskip(f"uvicorn.protocols.http.{protocol}", exc_type=ImportError)
    names = list(inspect.signature(module.RequestResponseCycle).parameters)
    given = {name: MagicMock(name=name) for name in names}
    assert "transport" in given, "uvicorn's RequestResponseCycle no longer takes the transport"

    cycle = module.RequestResponseCycle(**given)
    scope = {"path": "/message/1/stream"}
    request = StreamRequest(scope=scope, headers={}, receive=cycle.receive, send=cycle.send, request_id="x")

    assert request._transport() is given["transport"], "StreamRequest._transport no longer finds the connection"
    given["flow"].write_paused = False
    assert request.is_writable, "StreamRequest no longer finds whether the client reads"
    given["flow"].write_paused = True
    assert not request.is_writable


def test_uvicorn_has_one_of_the_two_protocols() -> None:
    assert importlib.import_module("uvicorn.protocols.http.auto").AutoHTTPProtocol is not None
