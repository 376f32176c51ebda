"""The admin page of a phone number that has no account.

An account begins when its number is verified, so a user who receives no code may not have one yet. The page shows what
became of the codes, and staff can unlock the number. The number is in the query string, as in a search, because query
strings are not logged.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts import phone_numbers
from accounts.admin import user_actions, user_panels
from accounts.admin.actions import AdminAction
from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.panel_registry import Badge, Panel
from accounts.models import StaffAction, User
from accounts.staff import audit_trail


@dataclass(frozen=True, slots=True)
class UnregisteredNumber:
    mobile_number: str
    """In E.164."""

    def __str__(self) -> str:
        return audit_trail.alias_of(self.mobile_number)


def redirect_to_page(request: HttpRequest, term: str) -> HttpResponseRedirect | None:
    """Redirect to the page of the number; if the term is not a phone number, say so to the staff and return None."""
    mobile_number = _parse(request, term)
    if mobile_number is None:
        return None
    return HttpResponseRedirect(_with_number(mobile_number, reverse("admin:accounts_user_number")))


def _parse(request: HttpRequest, term: str) -> str | None:
    try:
        return phone_numbers.parse(term)
    except phone_numbers.NumberRefused:
        messages.warning(request, "No user was found, and this is not a phone number that codes are sent to.")
        return None


def _with_number(mobile_number: str, url: str) -> str:
    return f"{url}?{urlencode({'q': mobile_number})}"


def panels_of(unregistered: UnregisteredNumber) -> list[Panel]:
    mobile_number = unregistered.mobile_number
    account = Badge("none; it is created when a code is verified", "warning")
    return [
        Panel(title="Phone number", facts=[("Phone number", mobile_number), ("Account", account)]),
        user_panels.codes_panel(mobile_number),
        user_panels.staff_actions_panel(StaffAction.objects.filter(user=None, target=str(unregistered))),
    ]


class UnregisteredNumberAdmin(ReadOnlyAdmin):
    """The page and its one action, under the URLs of `UserAdmin`."""

    page_actions = (replace(user_actions.UNLOCK, is_available=lambda _: True),)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.page_view)
        confirmation = self.admin_site.admin_view(self.number_action_view)
        return [
            path("number/", page, name="accounts_user_number"),
            path("number/do/<slug:name>/", confirmation, name="accounts_user_number_do"),
        ]

    def page_view(self, request: HttpRequest) -> HttpResponseBase:
        target = self._target_of(request)
        if not isinstance(target, UnregisteredNumber):
            return target
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": target.mobile_number,
            "panels": panels_of(target),
            "page_actions": self.available_actions(request, target),
        }
        return TemplateResponse(request, "admin_site/user.html", context)

    def number_action_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        target = self._target_of(request)
        return self.confirm_and_run(request, target, name) if isinstance(target, UnregisteredNumber) else target

    def _target_of(self, request: HttpRequest) -> UnregisteredNumber | HttpResponseRedirect:
        """The number in the query string, or a redirect: to the user if the number has an account by now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mobile_number = _parse(request, request.GET.get("q", ""))
        if mobile_number is None:
            return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        user = User.objects.filter(mobile_number=mobile_number).first()
        if user is None:
            return UnregisteredNumber(mobile_number)
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[user.pk]))

    def _page_url(self, target: UnregisteredNumber) -> str:
        return _with_number(target.mobile_number, reverse("admin:accounts_user_number"))

    def _action_url(self, target: UnregisteredNumber, action: AdminAction) -> str:
        return _with_number(target.mobile_number, reverse("admin:accounts_user_number_do", args=[action.name]))
