"""Sign-in to the admin: phone number, password, and a code."""

from typing import Any

from django import forms
from django_otp.forms import OTPAuthenticationFormMixin
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from accounts.models import User
from accounts.staff import second_factor
from accounts.staff.audit_trail import normalized_number


class StaffSignInForm(OTPAuthenticationFormMixin, AuthenticationForm):
    """Asks for all three at once, and accepts the phone number in any spelling."""

    otp_token = forms.CharField(
        label="Code from the authenticator app, or a recovery code",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "class": " ".join(BASE_INPUT_CLASSES)}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Mobile number"

    def clean_username(self) -> str:
        return normalized_number(self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self.clean_otp(self.get_user())
        return cleaned

    def _chosen_device(self, user: User) -> Device | None:
        """The device that the code belongs to: six digits are from the authenticator, anything else is a recovery code.

        A wrong code then counts against one device only, and failures of one do not throttle the other. The row is
        locked until the code is marked as used, so that the same code in two parallel requests works once.
        """
        code = second_factor.normalize_code(self.cleaned_data.get("otp_token", ""))
        kind = TOTPDevice if code.isascii() and code.isdigit() and len(code) == 6 else StaticDevice
        devices = kind.objects.select_for_update().filter(user=user, confirmed=True)
        device: Device | None = devices.order_by("pk").first()
        return device

    def _verify_token(self, user: User, token: str, device: Device | None = None) -> Device:
        """Compare recovery codes by their digest."""
        compared = (
            second_factor.recovery_code_digest(token)
            if isinstance(device, StaticDevice)
            else second_factor.normalize_code(token)
        )
        verified: Device = super()._verify_token(user, compared, device)
        return verified

    def _update_form(self, user: User) -> None:
        """Nothing to update: the form offers no choice of devices."""
