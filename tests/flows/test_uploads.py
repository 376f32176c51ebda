"""Uploads to real web processes: many at once, large ones, and a process killed in between."""

import re
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.api_user import ApiUser
from tests.chatrooms.attachments import samples
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(900)]

LARGEST = 300 * 1024
"""Kilobytes that a process of `web` may ever hold."""


def upload(user: ApiUser, content: bytes, name: str = "note.txt") -> requests.Response:
    """Upload a file, again while the processes have no slot for it, or the user has no further try in this minute."""
    url, headers = f"{user.stack.url}/files", {"Authorization": f"Bearer {user.access_token}"}

    for _ in range(20):
        response = requests.post(url, files={"file": (name, content)}, headers=headers, timeout=TIMEOUT)
        if response.status_code not in (429, 503):
            break
        time.sleep(int(response.headers["Retry-After"]))
    return response


def objects_of(stack: Stack, user: ApiUser) -> list[Path]:
    return [path for path in (stack.folder / "files" / "files" / str(user.id)).rglob("*") if path.is_file()]


@pytest.mark.stack_settings(web={"WEB_PROCESSES": "4"})
def test_many_at_once_and_exactly_those_that_fit(breakable: Stack) -> None:
    breakable.set_tier("basic", kept_file_bytes=7 * 1000 + 999)
    user = breakable.sign_up()
    responses = in_parallel([lambda: upload(user, b"x" * 1000) for _ in range(16)])
    assert Counter(response.status_code for response in responses) == {201: 7, 409: 9}
    assert {response.json()["code"] for response in responses if response.status_code == 409} == {"file_space_used_up"}
    assert breakable.sql("SELECT used FROM chatrooms_filespace WHERE user_id = %s", user.id) == [(7000,)]
    assert len(objects_of(breakable, user)) == 7


def test_the_largest_picture_takes_no_memory_of_web(breakable: Stack) -> None:
    """50 megapixels unfold to 200 MB: in a process of their own."""
    user = breakable.sign_up()
    picture = samples.picture("PNG", size=(8000, 6250), mode="RGBA", compress_level=1)
    responses = in_parallel([lambda: upload(user, picture, "large.png") for _ in range(4)])
    assert [response.status_code for response in responses] == [201] * 4
    workers = [each.pid for each in psutil.Process(breakable.processes["web"].pid).children(recursive=True)]
    peaks = [re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[0] for pid in workers]
    assert peaks
    assert max(int(peak) for peak in peaks) < LARGEST


def test_a_killed_web_leaves_nothing_that_counts_for_ever(breakable: Stack) -> None:
    user = breakable.sign_up()

    def try_upload() -> Any:
        try:
            return upload(user, b"x" * 1000)
        except requests.RequestException:
            return None

    uploads = [threading.Thread(target=try_upload) for _ in range(8)]
    for each in uploads:
        each.start()
    time.sleep(0.3)
    breakable.kill("web")
    for each in uploads:
        each.join()
    breakable.start("web")
    breakable.sql("UPDATE chatrooms_file SET created_at = created_at - interval '25 hours' WHERE user_id = %s", user.id)
    breakable.run("sweep", "from chatrooms import tasks; tasks.sweep_files()")
    wait_until(lambda: not objects_of(breakable, user), "no objects")
    assert breakable.sql("SELECT count(*) FROM chatrooms_file WHERE user_id = %s", user.id) == [(0,)]
    assert breakable.sql("SELECT coalesce(sum(used), 0) FROM chatrooms_filespace WHERE user_id = %s", user.id) == [(0,)]
