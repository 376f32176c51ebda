"""Actions: what staff can do to the object that a page shows.

Each has a permission, a confirmation page, a reason and a row in `StaffAction`. Every app registers here what can be
done to a user; other pages list theirs in `page_actions`.

Why not the `@action(dialog=...)` of unfold? We tried it on "Sign out everywhere" (unfold 0.91). The form with a reason
and a permission per action work. The rest does not fit better than our confirmation page:
- An action is a method of one ModelAdmin. Other apps could add theirs to the user's page only with `setattr`, and the
  page of a number without an account has no object id.
- Availability can only be a permission method, which gets the id, not the object: one query more per button, and an
  action that is not available (or an unknown object) is a 403 without an explanation.
- HTMX submits the form. A redirect then needs the header HX-Redirect, a file cannot be downloaded (Export), and an
  error page is not shown. Without JavaScript nothing works.
- The audit row, the handling of a `Problem` and the redirect would stay ours; only the template would go.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import User
from config.http.problems import Problem


class NotNow(Problem):
    """The action would change nothing, or is not possible at this moment."""

    status = HTTPStatus.CONFLICT
    code = "not_now"
    title = "Not now"


def reason_field() -> forms.CharField:
    return forms.CharField(
        max_length=500,
        label="Reason",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="A ticket number, or one sentence. It is stored, and all staff can read it.",
    )


class ReasonForm(forms.Form):
    """What every action asks for."""

    reason = reason_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """A confirmed action: who runs it, on what, and the cleaned data of its form."""

    staff: User
    target: Any
    data: dict[str, Any]

    @property
    def reason(self) -> str:
        return str(self.data["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAction:
    """Something that staff can do to the object that a page shows.

    Attributes:
        name: in the URL, and in `StaffAction.action`.
        title: on the button.
        permission: what the user needs, for example `accounts.erase_user`.
        description: what will happen, shown on the confirmation page.
        run: called outside any transaction; returns a message for the staff, or a response such as a file. A `Problem`
            that it raises is shown to the staff.
        form: asks for the reason, and for what else the action needs.
        is_available: whether the action is possible for this object now.
        destructive: whether the action cannot be undone.
    """

    name: str
    title: str
    icon: str
    permission: str
    description: str
    run: Callable[[ActionRequest], str | HttpResponseBase]
    form: type[ReasonForm] = ReasonForm
    is_available: Callable[[Any], bool] = field(default=lambda _: True)
    destructive: bool = False


_user_actions: dict[str, AdminAction] = {}


def register_action(action: AdminAction) -> None:
    """Add an action to the page of a user."""
    _user_actions[action.name] = action


def registered_actions() -> list[AdminAction]:
    """All actions on the page of a user."""
    return list(_user_actions.values())
