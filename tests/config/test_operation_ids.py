"""Operations have readable names; those that had another one keep it beside the new one."""

import re

from config.dev import openapi
from config.http.operation_ids import FORMER, RENAMED


def test_every_name_is_readable_and_every_former_one_kept() -> None:
    operations = [operation for item in openapi.read()["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert [name for name in names if not re.fullmatch("[a-z]+([A-Z][a-z]+)*", name)] == []
    assert len(set(names)) == len(names)
    former = {operation[FORMER]: operation["operationId"] for operation in operations if FORMER in operation}
    assert former == RENAMED
    assert former["chatroom_message_create"] == "sendMessage"
    assert former["auth_login_create"] == "logIn"
