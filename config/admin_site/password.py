"""Changing one's own password in the admin, with the same consequences as through the API."""

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from unfold.forms import AdminOwnPasswordChangeForm

from accounts import credentials
from accounts.exceptions import WrongPassword
from accounts.models import User


class PasswordForm(AdminOwnPasswordChangeForm):
    def clean_old_password(self) -> str:
        """Not checked here: `save` checks the old password, and counts the attempt."""
        return str(self.cleaned_data["old_password"])

    def save(self, commit: bool = True) -> User:
        """Change the password and end every API session.

        Raises:
            WrongPassword: the old password is wrong.
            TooManyFailedAttempts: too many wrong old passwords.
        """
        user: User = self.user
        credentials.change_password(
            user=user,
            session=None,
            old_password=self.cleaned_data["old_password"],
            new_password=self.cleaned_data["new_password1"],
        )
        user.refresh_from_db(fields=["password"])
        return user


class PasswordView(PasswordChangeView):
    """The current admin session stays open; the staff member's other admin sessions end."""

    form_class = PasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except WrongPassword as problem:
            form.add_error("old_password", problem.title)
            return self.form_invalid(form)
