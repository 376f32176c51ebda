"""`python -m tests.doubles.stripe`: it prints its port, or for `make run` a sentence that names it."""

import argparse
import os
import sys
from pathlib import Path

from config.environment import HOSTING_MARKERS
from tests.doubles.stripe.server import Server, exit_with


def main() -> int:
    """Serve until the end of the process."""
    arguments = argparse.ArgumentParser(prog="python -m tests.doubles.stripe")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--parent", type=int, help="exit when this process has exited")
    arguments.add_argument("--state", type=Path, help="a file that everything is stored in")
    arguments.add_argument("--webhook-url", default="")
    given = arguments.parse_args()
    if os.environ.get("DEBUG", "").lower() not in ("1", "true", "yes", "on"):
        return _refuse("DEBUG is off")
    if found := [name for name in HOSTING_MARKERS if name in os.environ]:
        return _refuse(f"{found[0]} is set")
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET", "").split(",")[0].strip()
    server = Server(port=given.port, state_file=given.state, webhook_url=given.webhook_url, webhook_secret=secret)
    if given.parent:
        exit_with(given.parent)
    port = server.server_address[1]
    print(port if given.parent else f"The pretend Stripe is at http://127.0.0.1:{port}", flush=True)
    server.serve_forever()
    return 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"The pretend Stripe is for development only, and {reason}.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
