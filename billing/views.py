"""Views of tiers, usage and subscriptions."""

from dataclasses import dataclass
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.api_keys.scopes import NO_KEYS, key_scope
from accounts.current_user import current_user
from accounts.idempotency import Made, idempotent
from accounts.limits import UserLimit
from accounts.models import Scope
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from billing import checkout, entitlement_dates, entitlements, quota
from billing.models import Checkout, Tier
from billing.serializers import (
    CheckoutSerializer,
    PortalSerializer,
    SubscriptionSerializer,
    TierSerializer,
    UsageSerializer,
)


class PaymentLimit(UserLimit):
    """Each of these requests costs several calls to Stripe."""


class TierViewSet(viewsets.GenericViewSet[Tier]):
    serializer_class = TierSerializer
    pagination_class = None
    permission_classes: tuple[type[BasePermission], ...] = ()
    authentication_classes = ()
    queryset = Tier.objects.order_by("pk")

    @extend_schema(summary="List the tiers")
    def list(self, request: Request) -> Response:
        """The limits and the price of each tier; open to all."""
        return Response(self.get_serializer(self.get_queryset(), many=True).data)


class UsageView(APIView):
    @key_scope(Scope.USAGE_READ)
    @extend_schema(summary="Get your usage", responses=UsageSerializer)
    def get(self, request: Request) -> Response:
        """Units and tokens of today (UTC), and tokens of this month."""
        return Response(UsageSerializer(quota.allowance_of(user_id=current_user(request).pk)).data)


class _PaymentView(APIView):
    key_scope = NO_KEYS
    throttle_classes: tuple[type[BaseThrottle], ...] = (PaymentLimit,)
    route: str

    def open_page(self, user_id: int) -> tuple[Any, str]:
        """Open a page at Stripe; two requests at once get the same page.

        Returns:
            The response's data, and the page's id at Stripe.
        """
        raise NotImplementedError

    def show_page(self, user_id: int, reference: str) -> Any:
        """The response's data for a repeated request: the same page as it is now."""
        raise NotImplementedError

    def respond_once(self, request: Request) -> Response:
        user_id = current_user(request).pk

        def make() -> Made:
            data, reference = self.open_page(user_id)
            return Made(object_id=user_id, reference=reference, data=data)

        def respond(made: Made) -> Response:
            return Response(self.show_page(user_id, made.reference) if made.data is None else made.data)

        return idempotent(request, route=self.route, status=200, make=make, respond=respond, outside_transaction=True)


class SubscribeView(_PaymentView):
    route = "subscribe"

    @extend_schema(
        summary="Subscribe to Pro",
        request=None,
        responses=CheckoutSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
    )
    def post(self, request: Request) -> Response:
        """Open a checkout page, or return the one that is open; a user never has two."""
        return self.respond_once(request)

    def open_page(self, user_id: int) -> tuple[Any, str]:
        session = checkout.start(user_id=user_id)
        return CheckoutSerializer(session).data, session.id

    def show_page(self, user_id: int, reference: str) -> Any:
        return CheckoutSerializer(checkout.find_session(session_id=reference)).data


class PortalView(_PaymentView):
    route = "portal"

    @extend_schema(
        summary="Open the portal",
        request=None,
        responses=PortalSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
    )
    def post(self, request: Request) -> Response:
        """The URL of a page at Stripe where you change card and subscription."""
        return self.respond_once(request)

    def open_page(self, user_id: int) -> tuple[Any, str]:
        return PortalSerializer({"portal_url": checkout.portal_url(user_id=user_id)}).data, ""

    def show_page(self, user_id: int, reference: str) -> Any:
        """Open the portal again: its URLs are short-lived, and opening it changes nothing."""
        return self.open_page(user_id)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Status:
    tier_status: entitlements.TierStatus
    subscription: entitlement_dates.SubscriptionSnapshot | None

    @property
    def cancel_at_period_end(self) -> bool:
        return self.subscription is not None and self.subscription.cancels_at is not None

    @property
    def past_due(self) -> bool:
        return self.subscription is not None and self.subscription.status == "past_due"


class SubscriptionView(APIView):
    key_scope = NO_KEYS

    @extend_schema(summary="Get your subscription", responses=SubscriptionSerializer)
    def get(self, request: Request) -> Response:
        """Your tier, its source and its end, and what Stripe last said about your subscription."""
        user_id = current_user(request).pk
        status = _Status(
            tier_status=entitlements.current_tier_status(user_id=user_id),
            subscription=entitlement_dates.best_of(user_id=user_id),
        )
        return Response(SubscriptionSerializer(status).data)


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'self'"], "frame-ancestors": ["'none'"]})
def success(request: HttpRequest) -> HttpResponse:
    """Where Stripe redirects the browser after payment. It grants nothing: it reloads every two seconds until we know.

    Only the payer knows the session's id in the URL, and the page shows nothing but the tier.
    """
    session_id = request.GET.get("session_id", "")
    owner = Checkout.objects.filter(session_id=session_id).first() if session_id and "\0" not in session_id else None
    tier_status = entitlements.current_tier_status(user_id=owner.pk) if owner else None
    is_paid = tier_status is not None and tier_status.source == entitlements.Source.STRIPE
    waits = owner is not None and not is_paid
    return render(request, "billing/success.html", {"tier_status": tier_status, "is_paid": is_paid, "waits": waits})


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'self'"], "frame-ancestors": ["'none'"]})
def cancelled(request: HttpRequest) -> HttpResponse:
    """Where Stripe redirects the browser when the user cancels the checkout."""
    return render(request, "billing/cancel.html")


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'self'"], "frame-ancestors": ["'none'"]})
def returned(request: HttpRequest) -> HttpResponse:
    """Where Stripe redirects the browser from the portal."""
    return render(request, "billing/return.html")
