"""Changing one's own password at the desk, with the same consequences as by the API."""

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from unfold.forms import AdminOwnPasswordChangeForm

from accounts import credentials
from accounts.exceptions import WrongPassword
from accounts.models import User


class PasswordForm(AdminOwnPasswordChangeForm):
    """Asks for the old password, and twice for the new one."""

    def clean_old_password(self) -> str:
        """What was typed: `save` checks it, which counts as a try."""
        return str(self.cleaned_data["old_password"])

    def save(self, commit: bool = True) -> User:
        """Change it; every session with the API ends.

        Raises:
            WrongPassword: the old one is not right.
            TooManyTries: old passwords were tried too often.
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
    """The page; the session at the desk that is in use stays, and the person's other ones there end."""

    form_class = PasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Change the password, or say what is wrong with the old one."""
        try:
            return super().form_valid(form)
        except WrongPassword as problem:
            form.add_error("old_password", problem.title)
            return self.form_invalid(form)
