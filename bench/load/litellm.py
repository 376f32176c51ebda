"""LiteLLM's proxy in its own virtual environment, as a peer: OpenAI's chat completions in front of Gemini's API."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.load.environments import python_of, serving
from tests.ports import free_port

KEY = "sk-a-key-of-the-bench-which-is-long-enough-for-the-proxy"
MODEL = "gemini-flash-latest"
CONFIG = """
model_list:
  - model_name: {model}
    litellm_params: {{model: gemini/{model}, api_base: "{base_url}/v1beta", api_key: old-key-for-the-double}}
"""
START_SECONDS = 300.0
"""It imports hundreds of megabytes, which takes half a minute on an idle machine when nothing is cached."""


class Proxy:
    """A client of the proxy, over one connection."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/v1/chat/completions"
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {KEY}"

    def seconds_to_first_token(self, text: str) -> float:
        body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": text}]}
        begun, seconds = time.monotonic(), 0.0
        with self._http.post(self._url, json=body, stream=True, timeout=30) as response:
            assert response.status_code == 200, response.text
            for line in response.iter_lines(chunk_size=None):
                if not seconds and line.startswith(b"data: {"):
                    choices = json.loads(line.removeprefix(b"data: "))["choices"]
                    seconds = time.monotonic() - begun if choices[0]["delta"].get("content") else 0.0
        assert seconds
        return seconds


@contextmanager
def running(*, base_url: str, folder: Path) -> Iterator[Proxy]:
    """The proxy, with the double as Gemini."""
    port, config = free_port(), folder / "litellm.yaml"
    config.write_text(CONFIG.format(model=MODEL, base_url=base_url))
    program = python_of("litellm").parent / "litellm"
    command = [
        str(program),
        "--config",
        str(config),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--telemetry",
        "False",
    ]
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
        "LITELLM_MASTER_KEY": KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would ask the network for its table of prices
    }
    with (folder / "litellm.log").open("ab") as log, serving(command, variables, port, START_SECONDS, log):
        yield Proxy(port)
