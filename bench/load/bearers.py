"""The same users with a token and with a key, and what one request of each sends to PostgreSQL and Redis.

`python -m bench.load.bearers FILE COUNT` runs in Kuvaka's own environment; the file is a pickle of the clients by their
bearer, and of `Recording` by work and bearer.
"""

import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import jwt

from bench.load.recording import Client, Work, clients_of, record

BEARERS: Final = ("token", "key")
WORKS: Final = (Work("GET /chatroom, cached", "/chatroom"), Work("GET /usage", "/usage"))


def main(target: str, count: int) -> None:
    import django

    django.setup()

    from accounts.models import Scope, User
    from tests.clients import make_api_key

    clients: dict[str, list[Client]] = {"token": clients_of(count), "key": []}
    for client in clients["token"]:
        user = User.objects.get(pk=jwt.decode(client.token, options={"verify_signature": False})["user_id"])
        clients["key"].append(replace(client, token=str(make_api_key(user, Scope.ROOMS_READ, Scope.USAGE_READ))))
    recordings = {(work.name, bearer): record(work, clients[bearer][0]) for work in WORKS for bearer in BEARERS}
    Path(target).write_bytes(pickle.dumps((clients, recordings)))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(sys.argv[1], int(sys.argv[2]))
