"""Sign-in and sessions over HTTP."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import codes, credentials, otp, sessions, sign_out, tokens
from accounts.api_keys.scopes import NO_KEYS
from accounts.current_user import current_session, current_user
from accounts.exceptions import MissingHeader
from accounts.limits import ClientLimit, NumberLimit, network_of_client
from accounts.models import Purpose, Session
from accounts.serializers import (
    CodeSentSerializer,
    DoneSerializer,
    LoginSerializer,
    NumberSerializer,
    RefreshSerializer,
    SessionSerializer,
    SignupSerializer,
    TokensSerializer,
    VerifyOtpSerializer,
)
from config.http.pagination import LinkPagination

NUMBER = "+919876543210"
PASSWORD = "seven small elephants"  # noqa: S105  an example in the documentation
COOKIE = "refresh_token"
COOKIE_PATH = "/auth"
NEEDS_HEADER = OpenApiParameter(
    "X-Requested-With", str, OpenApiParameter.HEADER, description="Any value; needed where the token is the cookie's."
)

REFRESH_EXAMPLE = OpenApiExample("Token", {"refresh_token": "eyJhbGciOiJIUzI1NiIs…"}, request_only=True)


def checked(kind: type[serializers.Serializer[Any]], request: Request, **context: Any) -> dict[str, Any]:
    serializer = kind(data=request.data, context=context)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def done(message: str, **options: Any) -> Response:
    return Response({"message": message}, **options)


def code_sent(**digits: str | None) -> Response:
    shown = {name: value for name, value in digits.items() if value is not None}
    times = {"expires_in": codes.LIFETIME.seconds, "resend_after": codes.RESEND_AFTER.seconds}
    return Response({"message": "The code is on its way.", **times, **shown})


def _tokens(pair: tokens.Pair, *, cookie: bool) -> Response:
    body: dict[str, str | int] = {
        "access_token": pair.access,
        **({} if cookie else {"refresh_token": pair.refresh}),
        "token_type": "bearer",
        "expires_in": int(tokens.ACCESS_LIFETIME.total_seconds()),
        "password_set": pair.session.user.has_usable_password(),
    }
    response = Response(body)
    if cookie:
        response.set_cookie(
            COOKIE,
            pair.refresh,
            expires=pair.refresh_expires_at,
            path=COOKIE_PATH,
            secure=not settings.DEBUG,
            httponly=True,
            samesite="Strict",
        )
    return response


def _refresh_token(request: Request) -> tuple[str, bool]:
    """The refresh token of the body or else of the cookie, and whether it is the cookie's.

    Raises:
        MissingHeader: it is the cookie's, without the header that another site cannot make a browser send.
        ValidationError: there is none.
    """
    token = checked(RefreshSerializer, request).get("refresh_token")
    if token is not None:
        return token, False
    token = request.COOKIES.get(COOKIE)
    if token is None:
        raise serializers.ValidationError({"refresh_token": "This field is required."}, code="required")
    if "X-Requested-With" not in request.headers:
        raise MissingHeader
    return token, True


class OpenView(APIView):
    """A route without sign-in, limited per client and per number."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes: tuple[type[BaseThrottle], ...] = (ClientLimit, NumberLimit)


class SignupView(OpenView):
    """The first step of a new account."""

    @extend_schema(
        summary="Sign up",
        request=SignupSerializer,
        responses={201: DoneSerializer},
        examples=[OpenApiExample("Number", {"mobile_number": NUMBER}, request_only=True)],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Check number and password. Nothing is kept: an account begins when its number is verified."""
        checked(SignupSerializer, request)
        return done("Ask for a code at /auth/send-otp to verify the number.", status=status.HTTP_201_CREATED)


class SendOtpView(OpenView):
    """A code to sign in with."""

    purpose = Purpose.SIGN_IN

    @extend_schema(
        summary="Send a code to sign in with",
        request=NumberSerializer,
        responses=CodeSentSerializer,
        examples=[OpenApiExample("Number", {"mobile_number": NUMBER}, request_only=True)],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Send six digits to the number, known or not."""
        mobile_number = checked(NumberSerializer, request)["mobile_number"]
        [digits] = otp.request(
            otp.CodeRequest(mobile_number=mobile_number, purpose=self.purpose), address=network_of_client(request)
        )
        return code_sent(otp=digits)


class ForgotPasswordView(SendOtpView):
    """A code to set a new password with."""

    purpose = Purpose.RESET_PASSWORD

    @extend_schema(
        summary="Send a code to set a new password with",
        request=NumberSerializer,
        responses=CodeSentSerializer,
        examples=[OpenApiExample("Number", {"mobile_number": NUMBER}, request_only=True)],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Send six digits to the number, known or not; they serve /auth/reset-password only."""
        return super().post(request)


class VerifyOtpView(OpenView):
    """Sign-in by code."""

    @extend_schema(
        summary="Sign in by code",
        request=VerifyOtpSerializer,
        responses=TokensSerializer,
        examples=[OpenApiExample("Code", {"mobile_number": NUMBER, "otp": "012345"}, request_only=True)],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Sign in, and make the account if the number has none; `password` is set if the account has none."""
        data = checked(VerifyOtpSerializer, request)
        session = credentials.sign_in_by_code(
            mobile_number=data["mobile_number"],
            digits=data["otp"],
            password=data.get("password"),
            user_agent=request.headers.get("User-Agent", ""),
        )
        return _tokens(tokens.pair_of(session), cookie=data["cookie"])


class LoginView(OpenView):
    """Sign-in by password."""

    @extend_schema(
        summary="Sign in by password",
        request=LoginSerializer,
        responses=TokensSerializer,
        examples=[OpenApiExample("Password", {"mobile_number": NUMBER, "password": PASSWORD}, request_only=True)],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Sign in; an unknown number gets the same response as a wrong password."""
        data = checked(LoginSerializer, request)
        session = credentials.sign_in_by_password(
            mobile_number=data["mobile_number"],
            password=data["password"],
            user_agent=request.headers.get("User-Agent", ""),
        )
        return _tokens(tokens.pair_of(session), cookie=data["cookie"])


class RefreshView(OpenView):
    """New tokens for a refresh token."""

    throttle_classes = (ClientLimit,)

    @extend_schema(
        summary="Refresh the tokens",
        request=RefreshSerializer,
        responses=TokensSerializer,
        parameters=[NEEDS_HEADER],
        examples=[REFRESH_EXAMPLE],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Replace a refresh token by its successor; a repeat gets the same for 30 s, and later ends the session."""
        token, by_cookie = _refresh_token(request)
        return _tokens(tokens.rotate(refresh_token=token), cookie=by_cookie)


class LogoutView(OpenView):
    """The end of this session."""

    throttle_classes = (ClientLimit,)

    @extend_schema(
        summary="Sign out",
        request=RefreshSerializer,
        responses={204: None},
        parameters=[NEEDS_HEADER],
        examples=[REFRESH_EXAMPLE],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """End the session of the refresh token; a dead token is no error."""
        token, by_cookie = _refresh_token(request)
        tokens.end(refresh_token=token)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if by_cookie:
            response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
        return response


class LogoutAllView(APIView):
    """The end of every session."""

    key_scope = NO_KEYS

    @extend_schema(summary="Sign out everywhere", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End all sessions of the user, including this one, and all API keys."""
        sign_out.everywhere(user_id=current_user(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionPagination(LinkPagination):
    ordering = ("-created_at", "-id")
    position_field = serializers.DateTimeField()


class SessionViewSet(viewsets.GenericViewSet[Session]):
    """The devices on which the user is signed in."""

    key_scope = NO_KEYS

    serializer_class = SessionSerializer
    pagination_class = SessionPagination

    def get_queryset(self) -> Any:
        return sessions.living(user_id=current_user(self.request).pk)

    @extend_schema(summary="List the signed-in devices")
    def list(self, request: Request) -> Response:
        """The user's sessions, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        serializer = SessionSerializer(page, many=True, context={"session": current_session(request)})
        return self.get_paginated_response(serializer.data)

    @extend_schema(summary="Sign a device out", responses={204: None})
    def destroy(self, request: Request, session_id: Any) -> Response:
        """End one of the user's sessions."""
        sessions.end(user_id=current_user(request).pk, session_id=session_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
