"""Outgoing webhooks over HTTP."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_user
from accounts.limits import UserLimit
from accounts.models import Scope, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints
from accounts.webhooks.serializers import (
    ChangedWebhookEndpointSerializer,
    DeliverySerializer,
    NewWebhookEndpointSerializer,
    SecretRotationSerializer,
    ShownWebhookEndpointSerializer,
    WebhookEndpointSerializer,
)
from config.http.pagination import LinkPagination

NEW: Final = OpenApiExample(
    "Endpoint",
    {"url": "https://example.com/kuvaka", "event_types": ["reply.done", "reply.failed"]},
    request_only=True,
)
ROTATION: Final = OpenApiExample("An hour of overlap", {"overlap": 3600}, request_only=True)


class WebhookLimit(UserLimit):
    """Each makes a row, a secret or a request to another server."""

    rate = 20


class DeliveryPagination(LinkPagination):
    """Newest first."""

    page_size = 50
    ordering = ("-id",)
    position_field = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class WebhookEndpointViewSet(viewsets.GenericViewSet[WebhookEndpoint]):
    """The user's endpoints."""

    serializer_class = WebhookEndpointSerializer
    pagination_class = None

    def get_throttles(self) -> list[BaseThrottle]:
        return [WebhookLimit()] if self.action in ("create", "rotate", "test") else []

    def get_queryset(self) -> Any:
        return endpoints.of_user(current_user(self.request).pk)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(summary="List the webhook endpoints", operation_id="listWebhookEndpoints")
    def list(self, request: Request) -> Response:
        """The endpoints, the newest first, without their secrets."""
        return Response(WebhookEndpointSerializer(self.get_queryset(), many=True).data)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(
        summary="Make a webhook endpoint",
        operation_id="createWebhookEndpoint",
        request=NewWebhookEndpointSerializer,
        responses={201: ShownWebhookEndpointSerializer},
        examples=[NEW],
    )
    def create(self, request: Request) -> Response:
        """Have a URL told what happens, by Standard Webhooks 1.0. `secret` is shown only now."""
        asked = NewWebhookEndpointSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        shown = endpoints.make(user_id=current_user(request).pk, **asked.validated_data)
        return _shown(shown, status=status.HTTP_201_CREATED)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(summary="Get a webhook endpoint", operation_id="getWebhookEndpoint")
    def retrieve(self, request: Request, endpoint_id: UUID) -> Response:
        """An endpoint, without its secret. `disabled_reason` says why it gets nothing."""
        endpoint = endpoints.find(user_id=current_user(request).pk, endpoint_id=endpoint_id)
        return Response(WebhookEndpointSerializer(endpoint).data)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(
        summary="Change a webhook endpoint",
        operation_id="updateWebhookEndpoint",
        request=ChangedWebhookEndpointSerializer,
        responses=WebhookEndpointSerializer,
        examples=[OpenApiExample("Enable", {"enabled": True}, request_only=True)],
    )
    def partial_update(self, request: Request, endpoint_id: UUID) -> Response:
        """Change the URL or the event types, disable the endpoint, or enable it again."""
        asked = ChangedWebhookEndpointSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = endpoints.change(user_id=current_user(request).pk, endpoint_id=endpoint_id, **asked.validated_data)
        return Response(WebhookEndpointSerializer(changed).data)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(summary="Delete a webhook endpoint", operation_id="deleteWebhookEndpoint", responses={204: None})
    def destroy(self, request: Request, endpoint_id: UUID) -> Response:
        """Delete an endpoint with its deliveries; what waits is not sent."""
        endpoints.delete(user_id=current_user(request).pk, endpoint_id=endpoint_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(
        summary="Rotate the secret of a webhook endpoint",
        operation_id="rotateWebhookSecret",
        request=SecretRotationSerializer,
        responses=ShownWebhookEndpointSerializer,
        examples=[ROTATION],
    )
    def rotate(self, request: Request, endpoint_id: UUID) -> Response:
        """Give an endpoint another secret. For the overlap both sign: the header has two signatures."""
        asked = SecretRotationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(seconds=asked.validated_data["overlap"])
        shown = endpoints.rotate(user_id=current_user(request).pk, endpoint_id=endpoint_id, overlap=overlap)
        return _shown(shown, status=status.HTTP_200_OK)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(
        summary="Test a webhook endpoint",
        operation_id="testWebhookEndpoint",
        request=None,
        responses={202: DeliverySerializer},
    )
    def test(self, request: Request, endpoint_id: UUID) -> Response:
        """Send `webhook.test` to an endpoint, whatever its event types are."""
        delivery = endpoints.test(user_id=current_user(request).pk, endpoint_id=endpoint_id)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class DeliveryViewSet(viewsets.GenericViewSet[WebhookDelivery]):
    """What an endpoint was told, and will be."""

    serializer_class = DeliverySerializer
    pagination_class = DeliveryPagination

    def get_throttles(self) -> list[BaseThrottle]:
        return [UserLimit()] if self.action == "replay" else []

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(summary="List the deliveries of a webhook endpoint", operation_id="listWebhookDeliveries")
    def list(self, request: Request, endpoint_id: UUID) -> Response:
        """The newest first, with their status, their attempts and when the next one is due."""
        endpoint = endpoints.find(user_id=current_user(request).pk, endpoint_id=endpoint_id)
        page = self.paginate_queryset(WebhookDelivery.objects.filter(endpoint=endpoint))
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    @key_scope(Scope.WEBHOOKS)
    @extend_schema(
        summary="Replay a delivery",
        operation_id="replayWebhookDelivery",
        request=None,
        responses={202: DeliverySerializer},
    )
    def replay(self, request: Request, endpoint_id: UUID, delivery_id: int) -> Response:
        """Send a delivery that has ended once more, with the same `webhook-id`."""
        delivery = endpoints.replay(user_id=current_user(request).pk, endpoint_id=endpoint_id, delivery_id=delivery_id)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


def _shown(shown: endpoints.Shown, *, status: int) -> Response:
    serializer = ShownWebhookEndpointSerializer(shown.endpoint, context={"shown": shown})
    return Response(serializer.data, status=status)
