"""An answer of 50,000 characters in the chat page: from an event of the stream to the glyphs, and the longest frame.

A browser follows the answer through the whole stack. Time runs from the moment in which the page has parsed an event to
the end of the first frame that shows all text up to it. Frames are the tasks of the page's main thread, by the clock
and by the thread's own time: on a machine that does other work too, the clock also counts the waiting for a core.
"""

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests import chromium, servers
from tests.conftest import _urls
from tests.page.browser import Person, person
from tests.page.conftest import enter
from tests.page.conversation import wait_status, write
from tests.stack import Stack, running

SIZE = 50_000
CHUNKS, DELAY = 500, 0.03

SECTION = """## Heading {number}

A paragraph with **bold** words, `code` and [a link](https://example.org/{number}), and then more plain text in it, as
real answers have, so that a line or two are filled. It ends here.

- one **item**
- two
  - nested

```python
for number in range({number}):
    print(number)  # a comment
```

| name | value |
|---|---:|
| a | {number} |
| b | 2 |

"""

WATCH = """
async () => {
  const loaded = performance.getEntriesByType("resource").map((each) => each.name);
  const { MarkdownView } = await import(loaded.find((name) => /\\/markdown(\\.\\w+)?\\.js$/.test(name)));
  const { append, _step: step } = MarkdownView.prototype;
  let waiting = [];
  window.delays = [];
  const painted = new MessageChannel(); // its message comes after the frame
  painted.port1.onmessage = ({ data: begun }) => window.delays.push(...begun.map((each) => performance.now() - each));
  MarkdownView.prototype.append = function (more) {
    waiting.push(performance.now());
    append.call(this, more);
  };
  MarkdownView.prototype._step = function () {
    step.call(this);
    if (this._work || this._dirty) return;
    painted.port2.postMessage(waiting);
    waiting = [];
  };
}
"""


def main() -> None:
    from playwright.sync_api import sync_playwright

    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(database_url=database_url, folder=Path(folder)) as stack,
        sync_playwright() as playwright,
    ):
        browser = chromium.launch(playwright)
        with person(browser, stack) as made:
            enter(made, stack.sign_up())
            report(follow(browser, made, stack), made)
        browser.close()


def text() -> str:
    made = "".join(SECTION.format(number=number) for number in range(200))
    return made[:SIZE]


def follow(browser: Any, made: Person, stack: Stack) -> list[dict[str, Any]]:
    """Follow the answer; the events of the browser's trace."""
    stack.set_tier(max_output_tokens=65_000)
    stack.double.default(text="Short.")
    write(made, "Hello")  # what shows messages is loaded with the first one
    wait_status(made, "done")
    made.page.evaluate(WATCH)
    stack.double.default(text=text(), chunks=CHUNKS, delay=DELAY)
    browser.start_tracing(page=made.page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    write(made, "Go on")
    wait_status(made, "done", number=2)
    made.page.wait_for_timeout(5000)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    return events


def report(events: list[dict[str, Any]], made: Person) -> None:
    names = [event for event in events if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"]
    threads = {(event["pid"], event["tid"]) for event in names}
    tasks = [
        event
        for event in events
        if event["name"] == "ThreadControllerImpl::RunTask" and (event["pid"], event["tid"]) in threads
    ]
    clock = sorted((event["dur"] / 1000 for event in tasks if "dur" in event), reverse=True)
    own = sorted((event["tdur"] / 1000 for event in tasks if "tdur" in event), reverse=True)
    delays = made.page.evaluate("window.delays")
    print(f"events {len(delays)}, tasks {len(tasks)}")
    p95 = statistics.quantiles(delays, n=20)[-1]
    print(f"from event to glyphs, ms: p50 {statistics.median(delays):.0f}, p95 {p95:.0f}")
    print(f"longest tasks by the clock, ms: {[round(each) for each in clock[:5]]}")
    print(f"longest tasks by the thread's time, ms: {[round(each) for each in own[:5]]}")


if __name__ == "__main__":
    main()
