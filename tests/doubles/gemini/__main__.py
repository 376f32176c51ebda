"""`python -m tests.doubles.gemini --port 0` prints its port and serves."""

import argparse
import asyncio
import contextlib

from tests.doubles.gemini.server import Server

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--parent", type=int, help="end when this process, which must be the parent, is gone")
arguments = parser.parse_args()
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(Server().run(port=arguments.port, parent=arguments.parent))
