"""The requests and responses of `/auth` and `/user/me`."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as Refused
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from accounts import phone_numbers
from accounts.models import Session, User
from accounts.passwords import LONGEST_TYPED, normalised
from config.http.fields import PatternField, TextField


class MobileNumberField(TextField):
    """A phone number in any spelling; its value is E.164."""

    default_error_messages = {"invalid_number": "Not a phone number that codes can be sent to."}

    def to_internal_value(self, data: Any) -> str:
        try:
            return phone_numbers.parse(super().to_internal_value(data))
        except phone_numbers.NumberRefused:
            self.fail("invalid_number")


class CodeField(PatternField):
    """Six digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"\A[0-9]{6}\Z", **options)


class PasswordField(TextField):
    """A password, normalised; the rules for new passwords are checked elsewhere."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=LONGEST_TYPED, write_only=True, **options)

    def to_internal_value(self, data: Any) -> str:
        return normalised(super().to_internal_value(data))


def refuse_weak(password: str | None, *, field: str, mobile_number: str) -> None:
    """Validate a password for the account of this number.

    Raises:
        serializers.ValidationError: with all broken rules, under `field`.
    """
    if password is None:
        return
    try:
        validate_password(password, User(mobile_number=mobile_number))
    except Refused as error:
        raise serializers.ValidationError({field: get_error_detail(error)}) from None


class NumberSerializer(serializers.Serializer[Any]):
    """A phone number."""

    mobile_number = MobileNumberField()


class SignupSerializer(NumberSerializer):
    """A phone number, and optionally the password of the new account."""

    password = PasswordField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        refuse_weak(attrs.get("password"), field="password", mobile_number=attrs["mobile_number"])
        return attrs


class CookieSerializer(serializers.Serializer[Any]):
    """Whether the refresh token is sent as a cookie."""

    cookie = serializers.BooleanField(
        default=False, help_text="Put the refresh token into an HttpOnly cookie and not into the response."
    )


class VerifyOtpSerializer(SignupSerializer, CookieSerializer):
    """A number with the code that was sent to it."""

    otp = CodeField()


class LoginSerializer(NumberSerializer, CookieSerializer):
    """A number with its account's password."""

    password = PasswordField()


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token, unless it comes as a cookie."""

    refresh_token = TextField(required=False, max_length=4096)


class ResetPasswordSerializer(NumberSerializer):
    """A number with the code that was sent to it, and its account's new password."""

    otp = CodeField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        refuse_weak(attrs["new_password"], field="new_password", mobile_number=attrs["mobile_number"])
        return attrs


class ChangePasswordSerializer(serializers.Serializer[Any]):
    """The new password, and the old one if there is one."""

    old_password = PasswordField(required=False)
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require the old password if there is one, and validate the new one."""
        user: User = self.context["user"]
        if user.has_usable_password() and "old_password" not in attrs:
            raise serializers.ValidationError({"old_password": "This field is required."}, code="required")
        refuse_weak(attrs["new_password"], field="new_password", mobile_number=user.mobile_number)
        return attrs


class ChangeNumberSerializer(serializers.Serializer[Any]):
    """The number to change to."""

    new_mobile_number = MobileNumberField()

    def validate_new_mobile_number(self, mobile_number: str) -> str:
        """Refuse the number that the account has."""
        if mobile_number == self.context["user"].mobile_number:
            raise serializers.ValidationError("Your account has this number already.", code="same_number")
        return mobile_number


class ChangeNumberConfirmSerializer(serializers.Serializer[Any]):
    """The codes that were sent to the old number and to the new one."""

    otp = CodeField()
    new_otp = CodeField()


class MeSerializer(serializers.ModelSerializer[User]):
    """The user's account."""

    is_pro = serializers.BooleanField(read_only=True)
    password_set = serializers.BooleanField(source="has_usable_password", read_only=True)
    display_name = TextField(max_length=80, required=False, allow_blank=True)
    language = PatternField(
        r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z",
        max_length=35,
        required=False,
        allow_blank=True,
        help_text="A language tag (BCP 47), `en-IN` say.",
    )

    class Meta:
        model = User
        fields = ("id", "mobile_number", "is_pro", "display_name", "language", "password_set", "created_at")
        read_only_fields = ("id", "mobile_number", "created_at")


class SessionSerializer(serializers.ModelSerializer[Session]):
    """One signed-in device."""

    last_used_at = serializers.DateTimeField(source="rotated_at", read_only=True)
    current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ("id", "method", "user_agent", "created_at", "last_used_at", "current")
        read_only_fields = fields

    @extend_schema_field(bool)
    def get_current(self, session: Session) -> bool:
        """Whether it is the session of this request."""
        current: Session = self.context["session"]
        return session.pk == current.pk


class DoneSerializer(serializers.Serializer[Any]):
    """What was done, as a text for the user."""

    message = serializers.CharField()


class CodeSentSerializer(DoneSerializer):
    """A code was asked for."""

    expires_in = serializers.IntegerField(help_text="Seconds that the code works for.")
    resend_after = serializers.IntegerField(help_text="Seconds until a further code may be asked for.")
    otp = CodeField(required=False, help_text="The code itself, with the mock delivery only.")


class CodesSentSerializer(CodeSentSerializer):
    """A code was asked for at each of two numbers."""

    new_otp = CodeField(required=False, help_text="The code of the new number, with the mock delivery only.")


class TokensSerializer(serializers.Serializer[Any]):
    """The tokens of a session."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField(required=False, help_text="Absent where it was put into the cookie.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token works for.")
    password_set = serializers.BooleanField()
