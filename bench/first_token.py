"""What Kuvaka adds to the time to the first token, and what LiteLLM's proxy adds: `make bench`.

The same double, which takes 0.2 s for its first chunk, is called in turns: directly, through Google's SDK; through
Kuvaka, from the send of the message to the first delta on the stream; and through LiteLLM's proxy, which keeps nothing.
The difference to the direct call is what HTTP, the transaction, the queue, the claim, the prompt, Redis and the stream
add, or the proxy. The room's history is short.

LiteLLM's environment takes 600 MB: LITELLM=no leaves it out. ROUNDS in the environment makes the run shorter.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from google import genai
from google.genai import types

from bench.load import litellm
from tests import servers, sse
from tests.api_user import ApiUser
from tests.conftest import _urls
from tests.stack import Stack, running

ROUNDS, WARM_UP = int(os.environ.get("ROUNDS", "200")), 20
FIRST_CHUNK = 0.2


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        stack = cleanup.enter_context(running(database_url=database_url, folder=folder))
        stack.double.default(ttft=FIRST_CHUNK, chunks=3, delay=0.01)
        alice = stack.sign_up()
        options = types.HttpOptions(base_url=stack.double.base_url, api_version="v1beta")
        sdk = genai.Client(api_key="old-key-for-the-double", vertexai=False, http_options=options)
        ways = {"directly": lambda: ask_directly(sdk), "through Kuvaka": lambda: ask_through(stack, alice)}
        if os.environ.get("LITELLM") != "no":
            proxy = cleanup.enter_context(litellm.running(base_url=stack.double.base_url, folder=folder))
            ways["through LiteLLM's proxy"] = lambda: proxy.seconds_to_first_token("Hello")
        report(in_turns(ways))


def in_turns(ways: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Milliseconds of each call, by its way."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + WARM_UP):
        for name, ask in ways.items():
            milliseconds = 1000 * ask()
            if number >= WARM_UP:
                times[name].append(milliseconds)
    return times


def report(times: dict[str, list[float]]) -> None:
    direct = times["directly"]
    for name, all_of in times.items():
        line = f"{name}, ms: p50 {statistics.median(all_of):.1f}"
        if all_of is not direct:
            added = [one - floor for one, floor in zip(all_of, direct, strict=True)]
            line += f"; added: p50 {statistics.median(added):.1f}, p95 {statistics.quantiles(added, n=20)[-1]:.1f}"
        print(line)


def ask_directly(sdk: genai.Client) -> float:
    begun = time.monotonic()
    chunks = sdk.models.generate_content_stream(model="gemini-flash-latest", contents="Hello")
    next(iter(chunks))
    seconds = time.monotonic() - begun
    for _ in chunks:
        pass
    return seconds


def ask_through(stack: Stack, alice: ApiUser) -> float:
    room = alice.room()
    begun = time.monotonic()
    sent = alice.send(room, "Hello")
    response = sse.Response(sent["stream_url"])
    seconds = 0.0
    for received in response.events():
        if received.event == "delta" and not seconds:
            seconds = received.at - begun
    response.close()
    return seconds


if __name__ == "__main__":
    main()
