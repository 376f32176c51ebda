"""A page on an origin of its own that uses the AI SDK, for the tests of `/v1/ui/chat` in a browser."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from tests import node

HTML: Final = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root"></div>'
ALIASES: Final = {6: (), 7: ("--alias:ai=ai-of-7", "--alias:@ai-sdk/react=react-of-7")}
"""By the SDK's version: which of the installed packages the page uses."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


def build(folder: Path, *, sdk: int) -> None:
    """Write the page, with the SDK of this version in it."""
    source = node.ui_stream()
    options = ["--bundle", "--format=esm", '--define:process.env.NODE_ENV="production"', "--log-level=warning"]
    command = [str(source / "node_modules" / ".bin" / "esbuild"), "page.mjs", *options, *ALIASES[sdk]]
    subprocess.run([*command, f"--outfile={folder / 'page.js'}"], cwd=source, check=True)
    (folder / "index.html").write_text(f'{HTML}<script type="module" src="page.js"></script>')


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a port of its own; the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
