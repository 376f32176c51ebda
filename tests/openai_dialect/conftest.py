"""A signed-in client."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.clients import signed_in


@pytest.fixture
def client(alice: User) -> APIClient:
    return signed_in(alice)
