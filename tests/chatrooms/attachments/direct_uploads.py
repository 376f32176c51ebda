"""Uploads as a client makes them that sends the content to the bucket itself."""

from typing import Any

import requests
from rest_framework.test import APIClient

from chatrooms.attachments.models import File, FileSpace
from tests.chatrooms.attachments.buckets import keys


def start(client: APIClient, name: str = "note.txt", size: int = 5, **headers: str) -> Any:
    return client.post("/files/uploads", {"name": name, "size": size}, headers=headers)


def put(offer: Any, content: bytes) -> requests.Response:
    return requests.request(
        offer["method"], offer["upload_url"], data=content, headers={"Content-Type": "text/plain"}, timeout=10
    )


def complete(client: APIClient, offer: Any) -> Any:
    return client.post(f"/files/{offer['id']}/complete")


def uploaded(client: APIClient, content: bytes = b"Hello", name: str = "note.txt") -> Any:
    """Send a file to its URL; what was offered for it."""
    started = start(client, name, len(content))
    assert started.status_code == 201, started.json()
    assert put(started.json(), content).status_code == 200
    return started.json()


def left(bucket: Any) -> tuple[int, int, int]:
    """Rows, objects, and bytes that are counted."""
    return File.objects.count(), len(keys(bucket)), sum(FileSpace.objects.values_list("used", flat=True))
