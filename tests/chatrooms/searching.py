"""Searching as a client does."""

from typing import Any

from rest_framework.test import APIClient


def find(client: APIClient, query: str, **options: Any) -> list[dict[str, Any]]:
    response = client.get("/search", {"q": query, **options})
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()
    return found


def highlighted(found: dict[str, Any]) -> list[str]:
    return [found["snippet"][start:end] for start, end in found["highlights"]]
