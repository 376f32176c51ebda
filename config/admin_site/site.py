"""The admin site: who gets in, and how its pages are served."""

import time
from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from accounts import audit, limits
from accounts.models import User
from config.admin_site.password import PasswordView
from config.admin_site.sign_in import DeskSignInForm
from config.http.problems import BadRequestProblem

POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
"""unfold's own needs: Alpine evaluates what stands in attributes (github.com/unfoldadmin/django-unfold/issues/1535)."""

View = Callable[..., HttpResponseBase]


class DeskSite(UnfoldAdminSite):
    """For staff who have shown their second factor; to everybody else it is a sign-in page."""

    login_form = DeskSignInForm
    site_url = None
    index_title = "Today"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the caller is of the staff, and has shown the second factor."""
        user: Any = request.user
        return super().has_permission(request) and user.is_verified()

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Serve a page of the desk under its own policy, and name the staff in the request's log line."""

        def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.user_id = request.user.pk  # type: ignore[attr-defined]
            if any("\0" in value for _, values in request.GET.lists() for value in values):
                raise BadRequestProblem  # PostgreSQL takes no such text
            return view(request, *args, **kwargs)

        return _as_page(super().admin_view(served, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Serve the sign-in page."""
        if request.method == "POST":
            limits.refuse_hasty_sign_ins_at_desk(request)
        return _as_page(super().login)(request, extra_context)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Find pages of the side bar by their titles, for the box that Ctrl+K opens.

        unfold's own keeps what it found, by user, for five minutes, in a form that our cache does not take.
        """
        begun, term = time.perf_counter(), request.GET.get("s", "").strip().casefold()
        if not term:
            return HttpResponse()
        found = [
            SearchResult(title=item["title"], description=group.get("title", ""), link=item["link"], icon=item["icon"])
            for group in self.get_sidebar_list(request)
            for item in group["items"]
            if item["has_permission"] and term in item["title"].casefold()
        ]
        context = {
            "results": found,
            "page_obj": {"count": len(found)},
            "page_counter": 0,
            "execution_time": time.perf_counter() - begun,
        }
        return TemplateResponse(
            request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
        )

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Serve the page on which the staff change their own password."""
        context = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done")
        return PasswordView.as_view(success_url=done, extra_context=context)(request)


def _as_page(view: View) -> View:
    """Serve a page of the desk under its own policy.

    A browser that may send no referrer sends no origin with a form either, and a form without one is refused.
    """

    def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return csp_replace(POLICY)(served)


@receiver(user_logged_in)
def _signed_in(user: User, **_: Any) -> None:
    audit.record("staff_sign_in", user_id=user.pk)


def icon(request: HttpRequest) -> str:
    """What a browser shows in its tab."""
    return static("desk/icon.svg")


def styles(request: HttpRequest) -> str:
    """What our pages need beside unfold's stylesheet."""
    return static("desk/desk.css")


def environment(request: HttpRequest) -> list[str] | None:
    """The mark on every page of an installation that is not the real one."""
    return ["Development", "warning"] if settings.DEBUG else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar, by what it is for; each item is shown to whoever may see its page."""
    return [
        {"items": [{"title": "Today", "icon": "monitoring", "link": reverse_lazy("admin:index")}]},
        {
            "title": "People",
            "separator": True,
            "items": [
                _page("People", "person", "accounts", "user"),
                _page("Answers", "forum", "chatrooms", "reply"),
                _page("Rooms", "meeting_room", "chatrooms", "chatroom"),
                _page("What the desk did", "history", "accounts", "staffaction"),
            ],
        },
        {
            "title": "Pro",
            "separator": True,
            "items": [
                _page("Tiers", "layers", "billing", "tier"),
                _page("Grants", "star", "billing", "grant"),
                _page("Units", "receipt_long", "billing", "ledgerentry"),
                _page("Tokens by day", "token", "billing", "serviceusage"),
            ],
        },
        {
            "title": "Stripe",
            "separator": True,
            "items": [
                _page("Events", "webhook", "billing", "stripeevent"),
                _page("Customers", "badge", "djstripe", "customer"),
                _page("Subscriptions", "autorenew", "djstripe", "subscription"),
                _page("Invoices", "request_quote", "djstripe", "invoice"),
                _page("Disputes and refunds", "gavel", "billing", "paymentissue"),
                _page("Prices", "sell", "djstripe", "price"),
            ],
        },
        {
            "title": "Operation",
            "separator": True,
            "items": [_page("Tasks", "task", "django_celery_results", "taskresult")],
        },
    ]


def _page(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{model}"),
    }
