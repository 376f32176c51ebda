"""Tiers, allowances and subscriptions over HTTP."""

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

from accounts.current_user import current_user
from accounts.idempotency import Made, idempotent
from accounts.limits import UserLimit
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from billing import checkout, entitlements, quota, subscriptions
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
    """What there is."""

    serializer_class = TierSerializer
    pagination_class = None
    permission_classes: tuple[type[BasePermission], ...] = ()
    authentication_classes = ()
    queryset = Tier.objects.order_by("pk")

    @extend_schema(summary="List the tiers")
    def list(self, request: Request) -> Response:
        """What each tier allows and costs; open to all."""
        return Response(self.get_serializer(self.get_queryset(), many=True).data)


class UsageView(APIView):
    """What the caller has spent."""

    @extend_schema(summary="Get your usage", responses=UsageSerializer)
    def get(self, request: Request) -> Response:
        """Units and tokens of today (UTC), and tokens of this month."""
        return Response(UsageSerializer(quota.allowance_of(user_id=current_user(request).pk)).data)


class _PaymentView(APIView):
    throttle_classes: tuple[type[BaseThrottle], ...] = (PaymentLimit,)
    route: str

    def open_page(self, user_id: int) -> tuple[Any, str]:
        """Open a page at Stripe, the same one for two requests at once.

        Returns:
            The response's data, and the page's id at Stripe.
        """
        raise NotImplementedError

    def show_page(self, user_id: int, reference: str) -> Any:
        """The response's data for a repeat: the same page, as it is now."""
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
    """The way to Pro."""

    route = "subscribe"

    @extend_schema(
        summary="Subscribe to Pro",
        request=None,
        responses=CheckoutSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
    )
    def post(self, request: Request) -> Response:
        """Open a checkout page, or return the one that is open: there is never a second one, however often one asks."""
        return self.respond_once(request)

    def open_page(self, user_id: int) -> tuple[Any, str]:
        session = checkout.start(user_id=user_id)
        return CheckoutSerializer(session).data, session.id

    def show_page(self, user_id: int, reference: str) -> Any:
        return CheckoutSerializer(checkout.session_of(session_id=reference)).data


class PortalView(_PaymentView):
    """Where a subscription is changed."""

    route = "portal"

    @extend_schema(
        summary="Open the portal",
        request=None,
        responses=PortalSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
    )
    def post(self, request: Request) -> Response:
        """The address of a page of Stripe's on which card and subscription are changed."""
        return self.respond_once(request)

    def open_page(self, user_id: int) -> tuple[Any, str]:
        return PortalSerializer({"portal_url": checkout.portal_url(user_id=user_id)}).data, ""

    def show_page(self, user_id: int, reference: str) -> Any:
        """Open another one: an address is short-lived, and opening it changes nothing."""
        return self.open_page(user_id)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Status:
    standing: entitlements.Standing
    paid: subscriptions.Paid | None

    @property
    def cancel_at_period_end(self) -> bool:
        return self.paid is not None and self.paid.cancels_at is not None

    @property
    def past_due(self) -> bool:
        return self.paid is not None and self.paid.status == "past_due"


class SubscriptionView(APIView):
    """The caller's tier and subscription."""

    @extend_schema(summary="Get your subscription", responses=SubscriptionSerializer)
    def get(self, request: Request) -> Response:
        """Which tier you have, why and until when, and what Stripe last said of your subscription."""
        user_id = current_user(request).pk
        status = _Status(
            standing=entitlements.standing_of(user_id=user_id), paid=subscriptions.best_of(user_id=user_id)
        )
        return Response(SubscriptionSerializer(status).data)


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'self'"], "frame-ancestors": ["'none'"]})
def success(request: HttpRequest) -> HttpResponse:
    """Where Stripe sends the browser after paying. It grants nothing: it looks, every two seconds, whether we know yet.

    The session's id in the address is known to who paid alone; it shows the tier and no more.
    """
    session_id = request.GET.get("session_id", "")
    owner = Checkout.objects.filter(session_id=session_id).first() if session_id and "\0" not in session_id else None
    standing = entitlements.standing_of(user_id=owner.pk) if owner else None
    is_paid = standing is not None and standing.source == entitlements.Source.STRIPE
    waits = owner is not None and not is_paid
    return render(request, "billing/success.html", {"standing": standing, "is_paid": is_paid, "waits": waits})


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'self'"], "frame-ancestors": ["'none'"]})
def cancelled(request: HttpRequest) -> HttpResponse:
    """Where Stripe sends a browser that turned back before paying."""
    return render(request, "billing/cancel.html")


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'self'"], "frame-ancestors": ["'none'"]})
def returned(request: HttpRequest) -> HttpResponse:
    """Where Stripe sends a browser that leaves the portal."""
    return render(request, "billing/return.html")
