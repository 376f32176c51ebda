"""A number that no account has, at the desk.

An account begins when its number is verified, so whoever gets no code may have none: what became of the codes is told
by the number, and its lock can be ended. The number stands in the query string, as in a search: no log has that.
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
from accounts.admin import base, user_page
from accounts.admin.panels import Card, Mark
from accounts.models import StaffAction, User
from accounts.staff import audit_trail


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever has a number, in E.164, and no account."""

    mobile_number: str

    def __str__(self) -> str:
        return audit_trail.alias_of(self.mobile_number)


def way_to(request: HttpRequest, term: str) -> HttpResponseRedirect | None:
    """The way to the page of a number, in any spelling; None if it is no number, which the staff are told."""
    number = _number_of(request, term)
    return HttpResponseRedirect(_with(number, reverse("admin:accounts_user_number"))) if number else None


def _number_of(request: HttpRequest, term: str) -> str | None:
    try:
        return phone_numbers.parse(term)
    except phone_numbers.NumberRefused:
        messages.warning(request, "Nobody is found, and this is no number that codes are sent to.")
        return None


def _with(number: str, address: str) -> str:
    return f"{address}?{urlencode({'q': number})}"


def cards_of(caller: Caller) -> list[Card]:
    """All that is known of a number that no account has."""
    number = caller.mobile_number
    account = Mark("none; it begins when a code is typed in", "warning")
    return [
        Card(title="Number", facts=[("Number", number), ("Account", account)]),
        user_page.codes_card(number),
        user_page.record_card(StaffAction.objects.filter(user=None, target=str(caller))),
    ]


class CallerAdmin(base.DeskAdmin):
    """The page of a number that no account has, and the one deed there is; People has them among its addresses."""

    deeds = (replace(user_page.UNLOCK, when=lambda _: True),)

    def get_urls(self) -> list[URLPattern]:
        """The page and the deed."""
        page, deed = self.admin_site.admin_view(self.page_view), self.admin_site.admin_view(self.deed_view)
        return [
            path("number/", page, name="accounts_user_number"),
            path("number/do/<slug:name>/", deed, name="accounts_user_number_do"),
        ]

    def page_view(self, request: HttpRequest) -> HttpResponseBase:
        """What is known of the number, and what can be done."""
        caller = self._caller_of(request)
        if not isinstance(caller, Caller):
            return caller
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": caller.mobile_number,
            "cards": cards_of(caller),
            "deeds": self.offered(request, caller),
        }
        return TemplateResponse(request, "desk/person.html", context)

    def deed_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Ask for the reason and the confirmation, then do it."""
        caller = self._caller_of(request)
        return self.confirmed(request, caller, name) if isinstance(caller, Caller) else caller

    def _caller_of(self, request: HttpRequest) -> Caller | HttpResponseRedirect:
        """Whom it is about, or the way to what is there instead: a number may have got its account meanwhile."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = _number_of(request, request.GET.get("q", ""))
        if number is None:
            return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        user = User.objects.filter(mobile_number=number).first()
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[user.pk])) if user else Caller(number)

    def _page_of(self, target: Caller) -> str:
        return _with(target.mobile_number, reverse("admin:accounts_user_number"))

    def _address(self, target: Caller, deed: base.Deed) -> str:
        return _with(target.mobile_number, reverse("admin:accounts_user_number_do", args=[deed.name]))
