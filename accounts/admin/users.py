"""Accounts at the desk."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from unfold.decorators import display

from accounts.admin import base, panels, unregistered_number, user_page
from accounts.models import StaffAction, User
from accounts.staff import audit_trail

panels.register_card(panels.Place.ACCOUNT, user_page.account_card)
panels.register_card(panels.Place.SIGN_IN, user_page.sign_in_card)
panels.register_card(panels.Place.SESSIONS, user_page.sessions_card)
panels.register_card(panels.Place.RECORD, user_page.actions_card)
for deed in user_page.DEEDS:
    base.register_deed(deed)


@admin.register(User)
class PersonAdmin(base.DeskAdmin):
    """People, found by any spelling of their number."""

    title = "People"
    list_display = ("number", "pk_", "name", "state", "since", "last_pro")
    number = base.column("mobile_number", "Number")
    pk_ = base.column("pk", "Id")
    name = base.column("display_name", "Name")
    since = base.column("created_at", "Since")
    list_filter = ("is_active", "is_staff", ("erasing_at", admin.EmptyFieldListFilter))
    search_texts = ("mobile_number",)
    search_help_text = "A number in any spelling, a user's id, or an id of Stripe's (cus_…, sub_…, in_…)."
    fields = ("id", "mobile_number", "display_name", "language", "is_active", "is_staff", "created_at")

    def all_deeds(self) -> Sequence[base.Deed]:
        """What the apps have registered."""
        return base.deeds_to_people()

    def person_of(self, target: User) -> int:
        """The person."""
        return target.pk

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a number that no account has."""
        return [*unregistered_number.CallerAdmin(User, self.admin_site).get_urls(), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The list; a number that nobody in it has leads to the number's own page."""
        answer = super().changelist_view(request, extra_context)
        listed = (getattr(answer, "context_data", None) or {}).get("cl")
        term = request.GET.get("q", "").strip()
        if not term or listed is None or listed.result_list or base.found_by(term) is not None:
            return answer
        return unregistered_number.way_to(request, term) or answer

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Bring along until when each is Pro."""
        return super().get_queryset(request).select_related("entitlement")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find one person: by the number however it is spelled, by id, or by an id of another kind."""
        term = search_term.strip()
        if not term:
            return queryset, False
        user_ids = base.found_by(term)
        if user_ids is None and base.is_id(term):
            user_ids = [int(term)]
        by_number = Q(mobile_number__in=[audit_trail.name_of(term), term])
        return queryset.filter(by_number | Q(pk__in=user_ids or [])), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Everything about one person on one page, whatever the method; a POST is refused, for nothing is edited."""
        person = self.get_object(request, object_id)
        if person is None or request.method == "POST" or not self.has_view_permission(request, person):
            return super().change_view(request, object_id, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": person.mobile_number,
            "cards": panels.cards_of(person),
            "deeds": self.offered(request, person),
        }
        return TemplateResponse(request, "desk/person.html", context)

    @display(description="State", label={"active": "success", "disabled": "danger", "being erased": "danger"})
    def state(self, user: User) -> str:
        """Whether the account can be used."""
        return user_page.state_of(user).text

    @display(description="Pro until")
    def last_pro(self, user: User) -> Any:
        """The later end of what was paid for and what was granted; it may have passed."""
        entitlement = getattr(user, "entitlement", None)
        ends = [entitlement.stripe_until, entitlement.grant_until] if entitlement else []
        return max((end for end in ends if end), default=None)


@admin.register(StaffAction)
class StaffActionAdmin(base.DeskAdmin):
    """What the staff did."""

    title = "What the desk did"
    list_display = ("at", "by", "action", "upon", "target", "reason", "outcome")
    fields = ("at", "by", "action", "upon", "target", "reason", "outcome", "request_id", "address")
    at = base.column("created_at", "When")
    by = base.column("by", "Who")
    upon = base.person_column(title="To whom")
    list_filter = ("action",)
    search_ids = ("staff_id", "user_id")
    search_help_text = "A user's id, the staff's or the person's."

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffAction]:
        """Bring along who did it, if the account is still there."""
        return super().get_queryset(request).select_related("staff")
