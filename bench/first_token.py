"""What Kuvaka adds to the time to the first token: `make bench`.

The same double, which takes 0.2 s for its first chunk, is called in turns: directly, through Google's SDK, and through
Kuvaka, from the send of the message to the first delta on the stream. The difference is what HTTP, the transaction, the
queue, the claim, the prompt, Redis and the stream add. The room's history is short.
"""

import statistics
import tempfile
import time
from pathlib import Path

from google import genai
from google.genai import types

from tests import servers, sse
from tests.api_user import ApiUser
from tests.conftest import _urls
from tests.stack import Stack, running

ROUNDS, WARM_UP = 200, 20
FIRST_CHUNK = 0.2


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with tempfile.TemporaryDirectory() as folder, running(database_url=database_url, folder=Path(folder)) as stack:
        stack.double.default(ttft=FIRST_CHUNK, chunks=3, delay=0.01)
        alice = stack.sign_up()
        options = types.HttpOptions(base_url=stack.double.base_url, api_version="v1beta")
        sdk = genai.Client(api_key="old-key-for-the-double", vertexai=False, http_options=options)
        direct, through = [], []
        for number in range(ROUNDS + WARM_UP):
            pair = ask_directly(sdk), ask_through(stack, alice)
            if number >= WARM_UP:
                direct.append(pair[0])
                through.append(pair[1])
    added = [1000 * (ours - theirs) for ours, theirs in zip(through, direct, strict=True)]
    print(f"directly, ms: p50 {1000 * statistics.median(direct):.1f}")
    print(f"through Kuvaka, ms: p50 {1000 * statistics.median(through):.1f}")
    print(f"added, ms: p50 {statistics.median(added):.1f}, p95 {statistics.quantiles(added, n=20)[-1]:.1f}")


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
