"""What the first load of the chat page weighs and how long it takes: `make bench`.

As in production: collected files with hashes and gzip, no cache in the browser. Once on this machine, and once as a
phone with a slow connection would see it (Chromium's own emulation: 1.6 Mbit/s, 150 ms, a processor four times slower).
"""

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from chatrooms.page.preferences import SIGNED_IN_COOKIE
from tests import chromium, servers, stack_settings
from tests.api_user import ApiUser
from tests.conftest import _urls
from tests.stack import ROOT, Stack, running

ROUNDS = int(os.environ.get("ROUNDS", "7"))
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
SEEN = """
new MutationObserver(() => {
  if (!window.usableAt && document.querySelector("#message-field, [name=number]")) window.usableAt = performance.now();
}).observe(document, {childList: true, subtree: true});
"""
"""The moment at which somebody can type: their number, or a message."""

BODIES = """
performance.getEntries().filter(each => each.encodedBodySize && (each.entryType === "navigation"
  || each.name.includes("/static/"))).reduce((sum, each) => sum + each.encodedBodySize, 0)
"""
SHOWN = {True: "#message-field", False: "[name=country] option:nth-child(100)"}
PAGE_TIMEOUT = 120_000
"""In milliseconds."""


@dataclass
class Load:
    """One load of the page."""

    paint: float = 0.0
    usable: float = 0.0
    bytes: dict[str, int] = field(default_factory=dict)
    """With the headers, by URL."""
    bodies: int = 0
    """What the page itself takes, compressed, without headers and without responses of the API."""


def main() -> None:
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with tempfile.TemporaryDirectory() as folder, running(database_url=database_url, folder=Path(folder)) as stack:
        alice = stack.sign_up()
        for number in range(30):
            alice.room(f"Room {number}")
        stack.restart("web", **stack_settings.production(stack), PROXY_HOPS="1")
        with sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            for view, user in (("sign-in", None), ("chat", alice)):
                for speed in ("fast", "slow"):
                    report(view, speed, [load(browser, stack, user, slow=speed == "slow") for _ in range(ROUNDS)])
            browser.close()


def report(view: str, speed: str, loads: list[Load]) -> None:
    bytes_ = loads[-1].bytes
    ours = {url: size for url, size in bytes_.items() if is_of_the_page(url)}
    paint = statistics.median(each.paint for each in loads)
    usable = statistics.median(each.usable for each in loads)
    print(
        f"{view}, {speed}: {loads[-1].bodies / 1000:.1f} kB, {sum(ours.values()) / 1000:.1f} kB with headers, in "
        f"{len(ours)} requests, and {len(bytes_) - len(ours)} to the API; "
        f"first paint {paint:.0f} ms, usable {usable:.0f} ms"
    )
    if speed == "fast":
        for url, size in sorted(ours.items(), key=lambda item: -item[1])[:5]:
            print(f"    {size / 1000:.1f} kB {url.rpartition('/')[2] or '/'}")


def is_of_the_page(url: str) -> bool:
    return "/static/" in url or url.endswith("/")


def load(browser: Any, stack: Stack, user: ApiUser | None, *, slow: bool) -> Load:
    """Load the page with an empty cache."""
    # web believes the proxy that it is not behind, and does not redirect to https.
    context = browser.new_context(extra_http_headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"})
    context.add_init_script(SEEN)
    if user is not None:
        cookie = {"name": "refresh_token", "value": user.refresh_token, "url": f"{stack.url}/auth/refresh"}
        context.add_cookies([cookie, {"name": SIGNED_IN_COOKIE, "value": "1", "url": stack.url}])
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    made, urls = Load(), {}
    devtools.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: made.bytes.update({urls.get(event["requestId"], ""): int(event["encodedDataLength"])}),
    )
    devtools.send("Network.enable")
    if slow:
        devtools.send("Network.emulateNetworkConditions", SLOW)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.set_default_timeout(PAGE_TIMEOUT)
    page.goto(f"{stack.url}/", wait_until="load")
    page.wait_for_selector(SHOWN[user is not None], state="attached")
    made.bodies = page.evaluate(BODIES)
    made.usable = page.evaluate("window.usableAt")
    made.paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    if user is not None:
        cookies = {each["name"]: each["value"] for each in context.cookies(f"{stack.url}/auth/refresh")}
        user.refresh_token = cookies["refresh_token"]
    context.close()
    return made


if __name__ == "__main__":
    main()
