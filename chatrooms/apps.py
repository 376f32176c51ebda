"""The chatrooms app."""

from django.apps import AppConfig


class ChatroomsConfig(AppConfig):
    """Rooms, messages and the replies to them."""

    name = "chatrooms"

    def ready(self) -> None:
        """Register what of an erased account lies here."""
        from accounts.erasure import Phase, register  # noqa: PLC0415  they need the app registry
        from chatrooms import erasure  # noqa: PLC0415

        register(Phase.REPLIES, "replies", erasure.end_replies)
        register(Phase.CONTENT, "conversations", erasure.delete_conversations)
        register(Phase.CONTENT, "room lists", erasure.forget_lists)
