"""What the check of an API key costs beside that of an access token: `make bench`, with wrk on the PATH.

The same requests of the same users come with a token and with a key, in turns, to one process of `web` with
production's settings. What counts is the CPU time of the server per request, as the median of the rounds' ratios: both
runs of a round met the same machine. The target is 1.10. USERS, MESSAGES, ROUNDS and SECONDS in the environment make it
smaller.
"""

import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.hot_path import ROUNDS, Run, Server, measured, production, web, wrk_is_missing
from bench.load.bearers import BEARERS, WORKS
from bench.load.data import Size, fill
from bench.load.recording import Client, Recording
from config import processes
from tests import servers
from tests.conftest import _urls
from tests.stack import Stack

SIZE = Size(users=int(os.environ.get("USERS", "20000")), messages=int(os.environ.get("MESSAGES", "200000")))
CLIENTS = 20
"""With a key each, whose last use is written once a minute: few, as programs are."""


def main() -> None:
    if wrk_is_missing():
        return
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "keys")
        stack = cleanup.enter_context(Stack(database_url=database_url, folder=folder, settings={"WEB_PROCESSES": "1"}))
        stack.redis.start()
        stack.run("the tiers", "from django.core.management import call_command; call_command('seed_tiers')")
        fill(database_url, SIZE)
        made = folder / "made"
        command = [sys.executable, "-m", "bench.load.bearers", str(made), str(CLIENTS)]
        environment = {**stack.environment, **production(stack)}
        subprocess.run(command, cwd=processes.ROOT, env=environment, check=True)
        clients, recordings = pickle.loads(made.read_bytes())
        report(run_all(web(stack), clients, folder), recordings)


def run_all(server: Server, clients: dict[str, list[Client]], folder: Path) -> dict[tuple[str, str], list[Run]]:
    runs: dict[tuple[str, str], list[Run]] = {}
    for work in WORKS:
        for bearer in BEARERS:
            lines = [client.line(work) + "\n" for client in clients[bearer]]
            (folder / bearer).write_text("".join(lines))
        for number in range(ROUNDS + 1):
            for bearer in BEARERS:
                run = measured(server, folder / bearer)
                if number:  # the first one warms up
                    runs.setdefault((work.name, bearer), []).append(run)
    return runs


def report(runs: dict[tuple[str, str], list[Run]], recordings: dict[tuple[str, str], Recording]) -> None:
    print(f"{os.cpu_count()} cores, {SIZE.users:,} users, medians of {ROUNDS} rounds\n")
    print(f"{'':24}{'':8}{'per s':>8}{'CPU ms':>8}{'p50':>8}{'p99':>8}{'failed':>8}{'SQL':>5}{'Redis':>6}")
    for work in WORKS:
        for bearer in BEARERS:
            all_of, counts = runs[work.name, bearer], recordings[work.name, bearer]
            middle = {what: statistics.median(getattr(run, what) for run in all_of) for what in vars(all_of[0])}
            print(
                f"{work.name if bearer == BEARERS[0] else '':24}{bearer:8}{middle['per_second']:8.0f}"
                f"{middle['cpu_ms']:8.2f}{middle['p50']:8.1f}{middle['p99']:8.1f}"
                f"{max(run.failed for run in all_of):8}{len(counts.statements):5}{len(counts.commands):6}"
            )
        pairs = zip(*(runs[work.name, bearer] for bearer in BEARERS), strict=True)
        ratio = statistics.median(key.cpu_ms / token.cpu_ms for token, key in pairs)
        print(f"{'':24}CPU of a key {ratio:.3f} of a token's")


if __name__ == "__main__":
    main()
