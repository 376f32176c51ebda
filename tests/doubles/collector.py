"""What Kuvaka sends to a collector of traces and to a Sentry, kept as it came: a server in the test's own process."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import ArrayValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TRACES = "/v1/traces"


class CollectorDouble:
    """Takes spans at `/v1/traces` and reports at Sentry's `/api/<project>/envelope/`."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                double.bodies.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def dsn(self) -> str:
        return f"http://a-public-key@127.0.0.1:{self._server.server_address[1]}/1"

    def spans(self) -> list[dict[str, Any]]:
        """All spans so far: name, kind, ids in hexadecimal, the attributes, and what made them."""
        found = []
        for path, body in list(self.bodies):
            if path != TRACES:
                continue
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                maker = {each.key: _value(each.value) for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    made_by = {"service": maker["service.name"], "resource": maker, "scope": scope.scope}
                    found += [{**_span(span), **made_by} for span in scope.spans]
        return found

    def reports(self) -> list[dict[str, Any]]:
        """All events so far that came as Sentry's SDK sends them."""
        envelopes = [body for path, body in list(self.bodies) if path.endswith("/envelope/")]
        lines = [line for body in envelopes for line in body.splitlines() if line]
        return [event for line in lines if "exception" in (event := json.loads(line))]

    def text(self) -> str:
        """All that was received, to search for what should not be in it."""
        return "\n".join(body.decode(errors="replace") for _, body in self.bodies)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _span(span: Any) -> dict[str, Any]:
    return {
        "name": span.name,
        "kind": Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "links": [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        "failed": span.status.code == 2,
        "attributes": {each.key: _value(each.value) for each in span.attributes},
    }


def _value(value: Any) -> Any:
    found = getattr(value, value.WhichOneof("value"))
    return [_value(each) for each in found.values] if isinstance(found, ArrayValue) else found
