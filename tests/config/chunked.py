"""Requests whose body has no Content-Length."""

from io import BytesIO

from config import wsgi


def send_chunked(
    method: str, path: str, body: bytes, *, content_type: str = "application/json", **headers: str
) -> tuple[int, bytes]:
    """Send a body in chunks, as a WSGI server passes it on: without a length. The status and the content."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_TYPE": content_type,
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": BytesIO(),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    statuses: list[str] = []
    content = b"".join(wsgi.application(environ, lambda status, *_: statuses.append(status)))
    return int(statuses[0].split()[0]), content
