"""A virus scanner in its own process: clamd's INSTREAM over TCP, which knows one virus, and can fail.

`python -m tests.doubles.clamd --port 0 --parent <pid> --mode works`; the first line of its output is the port.
"""

import argparse
import os
import socketserver
import struct
import threading
import time

from tests.doubles.process import DoubleProcess

VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The virus that every scanner knows and that does nothing, in two parts, so that no scanner finds it here."""


class ClamdDouble(DoubleProcess):
    """The double as tests use it. `mode`: works, hangs, closes, limits, garbles."""

    def __init__(self, mode: str = "works") -> None:
        super().__init__(module=__name__, arguments=("--mode", mode))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


class _Scan(socketserver.StreamRequestHandler):
    mode = "works"

    def handle(self) -> None:
        if self.mode == "closes":
            return
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        if self.mode == "hangs":
            time.sleep(60)
        self.wfile.write(self._response(content) + b"\0")

    def _response(self, content: bytes) -> bytes:
        if self.mode == "limits":
            return b"INSTREAM size limit exceeded. ERROR"
        if self.mode == "garbles":
            return b"\xff" * 8000
        return b"stream: Eicar-Test-Signature FOUND" if VIRUS in content else b"stream: OK"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--mode", default="works")
    options = parser.parse_args()
    _Scan.mode = options.mode
    threading.Thread(target=_follow, args=[options.parent], daemon=True).start()
    with _Server(("127.0.0.1", options.port), _Scan) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
