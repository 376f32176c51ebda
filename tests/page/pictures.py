"""The pictures of the chat page in the README: `python -m tests.page.pictures` takes them anew."""

import tempfile
from pathlib import Path
from typing import Any, Final

from tests import chromium, servers
from tests.conftest import _urls
from tests.page.browser import DESKTOP, person
from tests.page.conftest import enter
from tests.page.conversation import wait_status, write
from tests.stack import Stack, running

FOLDER: Final = Path("docs/pictures")
PHONE: Final = {"width": 390, "height": 844}

ROOMS: Final = ("Names for a bakery", "Marathi proverbs", "Excel to CSV", "Gift for a nephew of nine", "Rent agreement")
QUESTION: Final = "When should I visit the Western Ghats if I want to see waterfalls but still hike?"
TITLE: Final = "Waterfalls and hikes"
ANSWER: Final = """**Late September to mid-October.** The monsoon has filled the falls, and the trails are open again.

| Month | Falls | Trails |
|---|---|---|
| August | at their fullest | many closed |
| September | full | open |
| October | good at first | dry |

Three hikes that go well then:

1. **Dudhsagar** from Kulem
2. **Agumbe** to Jogigundi
3. **Kalsubai**, for the view
"""


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "pictures")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(database_url=database_url, folder=Path(folder)) as stack,
        sync_playwright() as playwright,
    ):
        browser = chromium.launch(playwright)
        take(browser, stack, "desktop-light", viewport=DESKTOP)
        take(browser, stack, "phone-dark", viewport=PHONE, device_scale_factor=2, has_touch=True, color_scheme="dark")
        browser.close()


def take(browser: Any, stack: Stack, name: str, **options: Any) -> None:
    """One chat with an answer, as it is on such a screen."""
    user = stack.sign_up()
    for room in reversed(ROOMS):
        user.room(room)
    stack.double.default(text=ANSWER)
    with person(browser, stack, **options) as somebody:
        enter(somebody, user)
        write(somebody, QUESTION)
        wait_status(somebody, "done")
        [room] = [each for each in user.call("GET", "/chatroom").json() if each["name"] not in ROOMS]
        user.call("PATCH", f"/chatroom/{room['id']}", json={"name": TITLE})
        somebody.page.reload()
        wait_status(somebody, "done")
        somebody.page.mouse.move(5, 5)
        somebody.page.wait_for_timeout(3000)  # for the fonts and what fades
        somebody.page.screenshot(path=str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    main()
