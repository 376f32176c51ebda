"""The tour through the methods that openapi-python-client has generated, and nothing else."""

import io
import json
import sys
from typing import Any

import httpx
from kuvaka_client.core import AuthenticatedClient, Client
from kuvaka_client.core.api.auth import send_sign_in_code, verify_sign_in_code
from kuvaka_client.core.api.chatroom import (
    create_chatroom,
    delete_chatroom,
    get_chatroom,
    list_chatrooms,
    list_messages,
    send_message,
)
from kuvaka_client.core.api.files import delete_file, download_file, get_file, upload_file
from kuvaka_client.core.api.message import get_message
from kuvaka_client.core.api.search import search
from kuvaka_client.core.api.usage import get_usage
from kuvaka_client.core.models import (
    CodeSent,
    Message,
    MessageWithFilesRequest,
    NewFileRequest,
    NumberRequest,
    Problem,
    Room,
    RoomRequest,
    RoomWithMessages,
    Tokens,
    UploadedFile,
    Usage,
    VerifyOtpRequest,
)
from kuvaka_client.core.types import File


def sign_in(url: str, number: str) -> AuthenticatedClient:
    door = Client(base_url=url)
    sent = send_sign_in_code.sync(client=door, body=NumberRequest(mobile_number=number))
    assert isinstance(sent, CodeSent)
    assert isinstance(sent.otp, str)
    body = VerifyOtpRequest(mobile_number=number, otp=sent.otp)
    tokens = verify_sign_in_code.sync(client=door, body=body)
    assert isinstance(tokens, Tokens)
    return AuthenticatedClient(base_url=url, token=tokens.access_token, timeout=httpx.Timeout(60))


def tour(client: AuthenticatedClient) -> dict[str, Any]:
    room = create_chatroom.sync(client=client, body=RoomRequest(name="Weather"))
    assert isinstance(room, Room)
    content = "What is a monsoon?"
    sent = send_message.sync(room.id, client=client, body=MessageWithFilesRequest(content=content), wait=25)
    assert isinstance(sent, Message)
    message = get_message.sync(sent.id, client=client, wait=25)
    assert isinstance(message, Message)
    rooms, messages = list_chatrooms.sync(client=client), list_messages.sync(room.id, client=client)
    found, usage = search.sync(client=client, q="monsoon"), get_usage.sync(client=client)
    assert isinstance(rooms, list)
    assert isinstance(messages, list)
    assert isinstance(found, list)
    assert isinstance(usage, Usage)
    note = File(payload=io.BytesIO(b"A note."), file_name="note.txt", mime_type="text/plain")
    kept = upload_file.sync(client=client, body=NewFileRequest(file=note))
    assert isinstance(kept, UploadedFile)
    file = get_file.sync(kept.id, client=client)
    assert isinstance(file, UploadedFile)
    content_of_file = download_file.sync(kept.id, client=client)
    assert isinstance(content_of_file, File)
    removed = delete_file.sync_detailed(kept.id, client=client)
    whole = get_chatroom.sync(room.id, client=client)
    assert isinstance(whole, RoomWithMessages)
    deleted = delete_chatroom.sync_detailed(room.id, client=client)
    gone = get_chatroom.sync(room.id, client=client)
    assert isinstance(gone, Problem)
    return {
        "reply": [message.reply.status.value, message.gemini_response],
        "rooms": [each.name for each in rooms],
        "messages": [each.content for each in messages],
        "found": [each.message_id == message.id for each in found],
        "used": usage.used,
        "file": [file.name, file.size, content_of_file.payload.read().decode()],
        "whole": len(whole.messages),
        "deleted": [int(removed.status_code), int(deleted.status_code), gone.code.value],
    }


if __name__ == "__main__":
    print(json.dumps(tour(sign_in(sys.argv[1], sys.argv[2]))))
