"""Signing in at the desk: number, password, and a code of the authenticator."""

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
from accounts.staff.audit_trail import name_of


class DeskSignInForm(OTPAuthenticationFormMixin, AuthenticationForm):
    """Asks for all three at once, and takes the number in any spelling."""

    otp_token = forms.CharField(
        label="Code of the authenticator, or a recovery code",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "class": " ".join(BASE_INPUT_CLASSES)}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Mobile number"

    def clean_username(self) -> str:
        """The number as the account has it."""
        return name_of(self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        """Check the password, then the code."""
        cleaned: dict[str, Any] = super().clean()
        self.clean_otp(self.get_user())
        return cleaned

    def _chosen_device(self, user: User) -> Device | None:
        """By what the code looks like: six digits are the authenticator's, anything else a recovery code.

        A wrong code then counts against one device alone, and the tries at one do not slow down the other. The device
        is locked until the code is used up, so that two who bring the same code do not both get in.
        """
        code = second_factor.as_meant(self.cleaned_data.get("otp_token", ""))
        kind = TOTPDevice if code.isascii() and code.isdigit() and len(code) == 6 else StaticDevice
        devices = kind.objects.select_for_update().filter(user=user, confirmed=True)
        device: Device | None = devices.order_by("pk").first()
        return device

    def _verify_token(self, user: User, token: str, device: Device | None = None) -> Device:
        """Compare recovery codes in the form in which they are kept."""
        kept = second_factor.kept_of(token) if isinstance(device, StaticDevice) else second_factor.as_meant(token)
        verified: Device = super()._verify_token(user, kept, device)
        return verified

    def _update_form(self, user: User) -> None:
        """Ask for everything again: there is no choice of devices to offer."""
