"""The chatrooms app."""

from django.apps import AppConfig


class ChatroomsConfig(AppConfig):
    """Rooms, messages and the replies to them."""

    name = "chatrooms"
