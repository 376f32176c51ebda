"""Chats of the AI SDK: whose they are, what of a body counts, what a client is shown; and the pages that use a key."""

from tests.mutants import Break

BREAKS = (
    Break(
        lets="a client of the AI SDK send to another user's room",
        file="chatrooms/ui_messages/chats.py",
        text="mine = Chatroom.objects.listed().filter(user_id=user_id)",
        broken="mine = Chatroom.objects.listed()",
        tests="chatrooms/ui_messages/test_sending.py",
    ),
    Break(
        lets="a client of the AI SDK reach a hidden room",
        file="chatrooms/ui_messages/chats.py",
        text="mine = Chatroom.objects.listed().filter(user_id=user_id)",
        broken="mine = Chatroom.objects.filter(user_id=user_id)",
        tests="chatrooms/ui_messages/test_sending.py",
    ),
    Break(
        lets="a client of the AI SDK regenerate a message of another room",
        file="chatrooms/ui_messages/chats.py",
        text="mine = Message.objects.filter(user_id=user_id, room_id=room_id)",
        broken="mine = Message.objects.filter(user_id=user_id)",
        tests="chatrooms/ui_messages/test_sending.py",
    ),
    Break(
        lets="a message of the AI SDK be sent twice",
        file="chatrooms/ui_messages/chats.py",
        text="key = turn.key or turn.message_id",
        broken="key = turn.key or turn.message_id + str(id(turn))",
        tests="chatrooms/ui_messages/test_sending.py",
    ),
    Break(
        lets="a repeated message keep its files once more",
        file="chatrooms/ui_messages/chats.py",
        text="if turn.files and idempotency.object_of(user_id=user_id, route=SENT, key=key) is None:",
        broken="if turn.files:",
        tests="chatrooms/ui_messages/test_files.py",
    ),
    Break(
        lets="a key without the scope send files in a message",
        file="chatrooms/ui_messages/views.py",
        text="if key and turn.files:",
        broken="if False:",
        tests="chatrooms/ui_messages/test_files.py",
    ),
    Break(
        lets="a part that is no text be dropped silently",
        file="chatrooms/ui_messages/serializers.py",
        text='if {part.get("type") for part in message["parts"]} - {TEXT, FILE}:',
        broken="if False:",
        tests="chatrooms/ui_messages/test_sending.py",
    ),
    Break(
        lets="two attempts be shown as one text",
        file="chatrooms/ui_messages/chunks.py",
        text='[{"type": "finish-step"}, {"type": "start-step"}]',
        broken="[]",
        tests="chatrooms/ui_messages/test_chunks.py",
    ),
    Break(
        lets="the same text be shown twice",
        file="chatrooms/ui_messages/chunks.py",
        text="self._told = [] if self._shown else None",
        broken="pass",
        tests="chatrooms/ui_messages/test_chunks.py",
    ),
    Break(
        lets="the text of a failed reply stay",
        file="chatrooms/ui_messages/chunks.py",
        text='return [*self._closed(), {"type": "reset-step"}] if self._resets and self._shown else []',
        broken="return []",
        tests="chatrooms/ui_messages/test_chunks.py",
    ),
    Break(
        lets="the end of a text be missing",
        file="chatrooms/ui_messages/chunks.py",
        text="chunks = self._without_text() if failed else self._completed(parts_of(reply))",
        broken="chunks = []",
        tests="chatrooms/ui_messages/test_chunks.py",
    ),
    Break(
        lets="a page of any origin use a key",
        file="accounts/api_keys/origins.py",
        text="raise OriginNotAllowed",
        broken="pass",
        tests="accounts/api_keys/test_origins.py",
    ),
    Break(
        lets="a page of any origin read a response under /v1",
        file="accounts/api_keys/origins.py",
        text='return request.method == "OPTIONS" or getattr(request, "origin_is_allowed", False)',
        broken="return True",
        tests="accounts/api_keys/test_origins.py",
    ),
    Break(
        lets="a listed page read responses outside /v1",
        file="accounts/api_keys/origins.py",
        text="    if not request.path_info.startswith(PATHS):\n        return False\n",
        broken="",
        tests="accounts/api_keys/test_origins.py",
    ),
)
