"""Files go with a message: by button, paste and drop; refusals are clear; a message shows them again."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.page.conversation import wait_status, write
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

CHOOSE = "input[type=file]"
UPLOADED = ".attachment.uploaded"

GIVE = """
([kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, text] of files) data.items.add(new File([text], name, {type}));
  const field = document.querySelector("#message-field");
  if (kind === "paste") {
    field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    return;
  }
  for (const name of kind) {
    field.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}
"""


def picture(width: int = 60, height: int = 40) -> dict[str, Any]:
    content = io.BytesIO()
    Image.new("RGB", (width, height), (200, 80, 40)).save(content, "PNG")
    return {"name": "sunset.png", "mimeType": "image/png", "buffer": content.getvalue()}


def test_a_chosen_picture_is_sent_and_shown(signed_in: Person, user: ApiUser) -> None:
    signed_in.page.set_input_files(CHOOSE, picture())
    signed_in.page.wait_for_selector(f"{UPLOADED} img")
    signed_in.look("attached")
    write(signed_in, "What is this?")
    wait_status(signed_in, "done")
    assert signed_in.page.locator(".attachment").count() == 0
    for _ in range(2):
        signed_in.page.wait_for_selector(".file.pictured img")
        width = "document.querySelector('.file.pictured img').naturalWidth"
        wait_until(lambda: signed_in.page.evaluate(width) == 60, "the picture")
        signed_in.page.reload()
    signed_in.page.click(".file button")
    signed_in.page.wait_for_selector(".picture-dialog[open] img")
    signed_in.look("picture")
    with signed_in.page.expect_download() as downloading:
        signed_in.page.click(".picture-dialog [data-part=download]")
    assert downloading.value.suggested_filename == "sunset.png"
    signed_in.page.keyboard.press("Escape")
    signed_in.page.wait_for_selector(".picture-dialog", state="detached")


def test_a_pasted_file_is_attached(signed_in: Person) -> None:
    signed_in.page.evaluate(GIVE, ["paste", [["notes.txt", "text/plain", "Hello"]]])
    signed_in.page.wait_for_selector(f"{UPLOADED}:has-text('notes.txt')")
    write(signed_in, "Read this")
    wait_status(signed_in, "done")
    signed_in.page.wait_for_selector(".file:has-text('notes.txt')")


def test_dropped_files_are_attached(signed_in: Person) -> None:
    files = [["one.txt", "text/plain", "One"], ["two.md", "text/markdown", "# Two"]]
    signed_in.page.evaluate(GIVE, [["dragenter", "dragover"], files])
    signed_in.page.wait_for_selector("[data-part=drop-zone]:visible")
    signed_in.look("dropping")
    signed_in.page.evaluate(GIVE, [["drop"], files])
    signed_in.page.wait_for_selector(f"{UPLOADED} >> nth=1")
    assert not signed_in.page.is_visible("[data-part=drop-zone]")


def test_a_refused_file_says_why_and_can_be_removed(signed_in: Person) -> None:
    files = [
        ["page.html", "text/html", "<!doctype html><html><script>1</script></html>"],
        ["empty.txt", "text/plain", ""],
    ]
    signed_in.page.evaluate(GIVE, ["paste", files])
    signed_in.page.wait_for_selector(".attachment.failed:has-text('This type of file cannot be read')")
    signed_in.page.wait_for_selector(".attachment.failed:has-text('This file is empty')")
    signed_in.look("refused")
    signed_in.page.fill("#message-field", "Hello")
    assert signed_in.page.is_disabled("[data-part=send]")
    for _ in range(2):
        signed_in.page.click(".attachment.failed [data-part=remove]")
    signed_in.page.click("[data-part=send]")
    wait_status(signed_in, "done")


def test_limits_of_the_tier_are_told_before_sending(signed_in: Person, stack: Stack) -> None:
    stack.set_tier(file_bytes=1000, files_per_message=2)
    try:
        signed_in.page.reload()
        signed_in.page.wait_for_selector(".sidebar :text('New chat')")
        signed_in.page.wait_for_load_state("networkidle")
        signed_in.requests.clear()
        files = [["large.txt", "text/plain", "x" * 2000], ["b.txt", "text/plain", "b"], ["c.txt", "text/plain", "c"]]
        signed_in.page.evaluate(GIVE, ["paste", files])
        signed_in.page.wait_for_selector(".attachment.failed:has-text('Too large')")
        signed_in.page.wait_for_selector("[data-part=notice]:has-text('At most 2 files')")
        signed_in.page.wait_for_selector(UPLOADED)
        assert len([url for url in signed_in.requests if url.endswith("/files")]) == 1
    finally:
        stack.set_tier(file_bytes=20 * 2**20, files_per_message=10)


def test_attached_files_survive_a_reload(signed_in: Person) -> None:
    signed_in.page.evaluate(GIVE, ["paste", [["notes.txt", "text/plain", "Hello"]]])
    signed_in.page.wait_for_selector(UPLOADED)
    signed_in.page.reload()
    signed_in.page.wait_for_selector(f"{UPLOADED}:has-text('notes.txt')")
    write(signed_in, "Read this")
    wait_status(signed_in, "done")
    signed_in.page.wait_for_selector(".file:has-text('notes.txt')")


def test_a_removed_file_is_deleted(signed_in: Person, stack: Stack) -> None:
    signed_in.page.evaluate(GIVE, ["paste", [["notes.txt", "text/plain", "Hello"]]])
    signed_in.page.wait_for_selector(UPLOADED)
    with signed_in.page.expect_response(
        lambda each: "/files/" in each.url and each.request.method == "DELETE"
    ) as deleted:
        signed_in.page.click(f"{UPLOADED} [data-part=remove]")
    assert deleted.value.status == 204
