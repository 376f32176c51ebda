"""The admin site: who may use it, and how its pages are served."""

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
from config.admin_site.sign_in import StaffSignInForm
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
"""What unfold needs: Alpine evaluates expressions in attributes (github.com/unfoldadmin/django-unfold/issues/1535)."""

View = Callable[..., HttpResponseBase]


class StaffAdminSite(UnfoldAdminSite):
    """For staff who have signed in with their second factor; all others see the sign-in page."""

    login_form = StaffSignInForm
    site_url = None
    index_title = "Today"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return super().has_permission(request) and user.is_verified()

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Serve a page under the admin's own policy, and add the staff member's id to the request's log line."""

        def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.user_id = request.user.pk  # type: ignore[attr-defined]
            if any("\0" in value for _, values in request.GET.lists() for value in values):
                raise BadRequestProblem  # PostgreSQL does not accept it in a text
            return view(request, *args, **kwargs)

        return _as_page(super().admin_view(served, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        if request.method == "POST":
            limits.limit_admin_sign_ins(request)
        return _as_page(super().login)(request, extra_context)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Find pages of the sidebar by title, for the search box that Ctrl+K opens.

        unfold's own search caches its results per user for five minutes, in a form that our cache does not accept.
        """
        started, term = time.perf_counter(), request.GET.get("s", "").strip().casefold()
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
            "execution_time": time.perf_counter() - started,
        }
        return TemplateResponse(
            request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
        )

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        context = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done")
        return PasswordView.as_view(success_url=done, extra_context=context)(request)


def _as_page(view: View) -> View:
    """Serve a page under the admin's own policy.

    Without a referrer, browsers send no Origin header with a form either, and Django refuses a form without one.
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
    return static("admin_site/icon.svg")


def styles(request: HttpRequest) -> str:
    return static("admin_site/styles.css")


def environment(request: HttpRequest) -> list[str] | None:
    """The label on every page of an installation that is not production."""
    return ["Development", "warning"] if settings.DEBUG else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar. Each item is shown only to staff with permission to view its page."""
    return [
        {"items": [{"title": "Today", "icon": "monitoring", "link": reverse_lazy("admin:index")}]},
        {
            "title": "Users",
            "separator": True,
            "items": [
                _page("Users", "person", "accounts", "user"),
                _page("Replies", "forum", "chatrooms", "reply"),
                _page("Rooms", "meeting_room", "chatrooms", "chatroom"),
                _page("API keys", "key", "accounts", "apikey"),
                _page("Webhook endpoints", "webhook", "accounts", "webhookendpoint"),
                _page("Webhook deliveries", "outbox", "accounts", "webhookdelivery"),
                _page("Staff actions", "history", "accounts", "staffaction"),
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
            "title": "Operations",
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
