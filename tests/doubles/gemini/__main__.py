"""`python -m tests.doubles.gemini --port 0` prints its port and serves."""

import argparse
import asyncio
import contextlib

from tests.doubles.gemini.server import Server

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(Server().run(parser.parse_args().port))
