"""Changing the password and the phone number over HTTP."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import credentials
from accounts.api_keys.scopes import NO_KEYS
from accounts.current_user import current_session, current_user
from accounts.limits import network_of_client
from accounts.serializers import (
    ChangeNumberConfirmSerializer,
    ChangeNumberSerializer,
    ChangePasswordSerializer,
    CodesSentSerializer,
    DoneSerializer,
    ResetPasswordSerializer,
)
from accounts.views import NUMBER, PASSWORD, OpenView, checked, code_sent, done


class ResetPasswordView(OpenView):
    """A new password by code."""

    @extend_schema(
        summary="Set a new password by code",
        request=ResetPasswordSerializer,
        responses=DoneSerializer,
        examples=[
            OpenApiExample(
                "Reset", {"mobile_number": NUMBER, "otp": "012345", "new_password": PASSWORD}, request_only=True
            )
        ],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Set the password; every session ends."""
        data = checked(ResetPasswordSerializer, request)
        credentials.reset_password(
            mobile_number=data["mobile_number"], digits=data["otp"], new_password=data["new_password"]
        )
        return done("The new password is set. Sign in again on every device.")


class ChangePasswordView(APIView):
    """A new password by the old one."""

    key_scope = NO_KEYS

    @extend_schema(
        summary="Change the password",
        request=ChangePasswordSerializer,
        responses=DoneSerializer,
        examples=[OpenApiExample("First password", {"new_password": PASSWORD}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Set the password; every other session ends. A first one takes a sign-in by code within ten minutes."""
        session = current_session(request)
        data = checked(ChangePasswordSerializer, request, user=session.user)
        credentials.change_password(
            user=session.user,
            session=session,
            old_password=data.get("old_password"),
            new_password=data["new_password"],
        )
        return done("The new password is set. Every other device was signed out.")


class ChangeNumberView(APIView):
    """The first step to another number."""

    key_scope = NO_KEYS

    @extend_schema(
        summary="Ask for a change of the number",
        request=ChangeNumberSerializer,
        responses=CodesSentSerializer,
        examples=[OpenApiExample("New number", {"new_mobile_number": "+919876543211"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Send a code to the old number and one to the new."""
        data = checked(ChangeNumberSerializer, request, user=current_user(request))
        old, new = credentials.request_change_of_number(
            user=current_user(request), new_number=data["new_mobile_number"], address=network_of_client(request)
        )
        return code_sent(otp=old, new_otp=new)


class ChangeNumberConfirmView(APIView):
    """The second step to another number."""

    key_scope = NO_KEYS

    @extend_schema(
        summary="Change the number",
        request=ChangeNumberConfirmSerializer,
        responses=DoneSerializer,
        examples=[OpenApiExample("Codes", {"otp": "012345", "new_otp": "987654"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Give the account the number that was asked for last; every session ends, this one too."""
        data = checked(ChangeNumberConfirmSerializer, request)
        credentials.change_number(user=current_user(request), digits=data["otp"], new_digits=data["new_otp"])
        return done("The number is changed. Sign in again with the new one.")
