"""The lists of users and of staff actions."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from unfold.decorators import display

from accounts.admin import actions, base, unregistered_number, user_panels
from accounts.admin.panel_registry import panels_of
from accounts.admin.user_search import user_ids_matching
from accounts.models import StaffAction, User
from accounts.staff import audit_trail


@admin.register(User)
class UserAdmin(base.ReadOnlyAdmin):
    title = "Users"
    list_display = ("number", "pk_", "name", "status", "created", "pro_until")
    number = base.column("mobile_number", "Phone number")
    pk_ = base.column("pk", "Id")
    name = base.column("display_name", "Name")
    created = base.column("created_at", "Created")
    list_filter = ("is_active", "is_staff", ("erasing_at", admin.EmptyFieldListFilter))
    search_texts = ("mobile_number",)
    search_help_text = "A phone number in any spelling, a user's id, or an id at Stripe (cus_…, sub_…, in_…)."
    fields = ("id", "mobile_number", "display_name", "language", "is_active", "is_staff", "created_at")

    def all_page_actions(self) -> Sequence[actions.AdminAction]:
        return actions.registered_actions()

    def user_id_of(self, target: User) -> int:
        return target.pk

    def get_urls(self) -> list[URLPattern]:
        """Add the page of an unregistered number."""
        unregistered = unregistered_number.UnregisteredNumberAdmin(User, self.admin_site)
        return [*unregistered.get_urls(), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The list; a search for a phone number that finds no user redirects to the page of that number."""
        response = super().changelist_view(request, extra_context)
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        term = request.GET.get("q", "").strip()
        if not term or listed is None or listed.result_list or user_ids_matching(term) is not None:
            return response
        return unregistered_number.redirect_to_page(request, term) or response

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).select_related("entitlement")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find a user by phone number in any spelling, by id, or by a registered search."""
        term = search_term.strip()
        if not term:
            return queryset, False
        user_ids = user_ids_matching(term)
        if user_ids is None and base.is_id(term):
            user_ids = [int(term)]
        by_number = Q(mobile_number__in=[audit_trail.normalized_number(term), term])
        return queryset.filter(by_number | Q(pk__in=user_ids or [])), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Everything about one user on one page. A POST is refused, because nothing is edited here."""
        user = self.get_object(request, object_id)
        if user is None or request.method == "POST" or not self.has_view_permission(request, user):
            return super().change_view(request, object_id, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": user.mobile_number,
            "panels": panels_of(user),
            "page_actions": self.available_actions(request, user),
        }
        return TemplateResponse(request, "admin_site/user.html", context)

    @display(description="Status", label={"active": "success", "disabled": "danger", "being erased": "danger"})
    def status(self, user: User) -> str:
        return user_panels.status_of(user).text

    @display(description="Pro until")
    def pro_until(self, user: User) -> Any:
        """The later end of the subscription and the grant; it may be in the past."""
        entitlement = getattr(user, "entitlement", None)
        ends = [entitlement.stripe_until, entitlement.grant_until] if entitlement else []
        return max((end for end in ends if end), default=None)


@admin.register(StaffAction)
class StaffActionAdmin(base.ReadOnlyAdmin):
    title = "Staff actions"
    list_display = ("at", "by", "action", "affected_user", "target", "reason", "outcome")
    fields = ("at", "by", "action", "affected_user", "target", "reason", "outcome", "request_id", "address")
    at = base.column("created_at", "When")
    by = base.column("by", "By")
    affected_user = base.user_column()
    list_filter = ("action",)
    search_ids = ("staff_id", "user_id")
    search_help_text = "The id of a staff member, or of a user."

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffAction]:
        return super().get_queryset(request).select_related("staff")
