"""The views of chatrooms, messages and the search."""

from chatrooms.views.messages import MessageViewSet, RepliesViewSet, RoomMessageViewSet
from chatrooms.views.rooms import ChatroomViewSet
from chatrooms.views.search import SearchViewSet

__all__ = ["ChatroomViewSet", "MessageViewSet", "RepliesViewSet", "RoomMessageViewSet", "SearchViewSet"]
