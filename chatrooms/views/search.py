"""Search over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_user
from accounts.models import Scope
from chatrooms import search
from chatrooms.limits import SearchLimit
from chatrooms.models import Message
from chatrooms.serializers import FoundSerializer, SearchSerializer
from config.http.pagination import LinkPagination


class SearchPagination(LinkPagination):
    """The best matches first."""

    ordering = ("-position",)
    position_field = serializers.DecimalField(max_digits=search.POSITION_DIGITS, decimal_places=0)


class SearchViewSet(viewsets.GenericViewSet[Message]):
    """The user's messages, and the replies to them."""

    serializer_class = FoundSerializer
    pagination_class = SearchPagination
    throttle_classes = (SearchLimit,)

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(summary="Search", parameters=[SearchSerializer])
    def list(self, request: Request) -> Response:
        """Find words, "phrases", `this or that`, `-without`, in all rooms or in one; the best matches first.

        Of very many matches only the newest 500 are returned.
        """
        parameters = SearchSerializer(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        query = parameters.validated_data["q"]
        matches = search.matching_messages(
            user=current_user(request), query=query, room_id=parameters.validated_data.get("chatroom")
        )
        page = self.paginate_queryset(matches.select_related("room"))
        data = FoundSerializer(page, many=True, context={"query": query}).data
        return self.get_paginated_response(data)
