"""Read-only lists and pages of the admin, with actions.

Staff edit nothing in a form except a tier. All their other changes are an `AdminAction`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin import FieldListFilter, ShowFacets
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import paginator as unfold_paginator
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.admin.actions import ActionRequest, AdminAction
from accounts.models import User
from accounts.staff import audit_trail
from config.http.client_address import client_address
from config.http.problems import Problem

LONGEST_ID: Final = 18
"""Digits that always fit into a bigint."""


def is_id(term: str) -> bool:
    """Whether a search term can be an id of our tables."""
    return term.isascii() and term.isdigit() and len(term) <= LONGEST_ID


def column(field: str, title: str, *, yes_no: bool = False) -> Callable[[Any, Model], Any]:
    """A list column for a model field, under a readable title."""

    @display(description=title, boolean=yes_no)
    def show(_: Any, row: Model) -> Any:
        return None if (value := getattr(row, field)) == "" else value

    return show


def user_column(field: str = "user_id", title: str = "User") -> Callable[[Any, Model], SafeString | None]:
    """A list column that links to the page of the user of a row."""

    @display(description=title)
    def show(_: Any, row: Model) -> SafeString | None:
        user_id = getattr(row, field)
        if user_id is None:
            return None
        url = reverse("admin:accounts_user_change", args=[user_id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">user {}</a>', url, user_id)

    return show


class InfinitePaginator(unfold_paginator.InfinitePaginator):
    """Pages without a row count: one row more than shown is fetched, to know whether there is a next page.

    unfold hides the row count in the list's header only for a class of this exact name.
    """

    template_name = "admin_site/pagination.html"
    has_more = False

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        begin = (number - 1) * self.per_page
        rows = list(self.object_list[begin : begin + self.per_page + 1])
        self.has_more = len(rows) > self.per_page
        return self._get_page(rows[: self.per_page], number, self)


class FixedOrderChangeList(ChangeList):
    """A list that ignores the order in its query string: Django's `sortable_by` only affects the column headers."""

    def get_ordering_field(self, field_name: Any) -> None:
        """No column sorts."""


class ReadOnlyAdmin(ModelAdmin):
    """A list and a page without forms; `page_actions` are the buttons of the page."""

    page_actions: Sequence[AdminAction] = ()
    search_ids: Sequence[str] = ()
    """Integer columns that a search compares with the term."""
    search_texts: Sequence[str] = ()
    """Text columns that a search compares with the term."""
    title: str
    """The title of the list."""
    fields: Sequence[str]
    """Required: by default Django shows every column, those added later included."""
    paginator = InfinitePaginator  # counting a million rows to show fifty is too slow
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: Sequence[str] = ()  # most columns have no index to sort by
    list_per_page = 50
    actions = None
    list_fullwidth = True
    change_form_outer_before_template: str | None = "admin_site/page_actions.html"
    ordering: Sequence[str] = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FixedOrderChangeList]:
        return FixedOrderChangeList

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """Without any, the page has no search box."""
        return (*self.search_ids, *self.search_texts)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find rows by an exact match, which uses an index; Django's own search scans the table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(pk__in=[])
        for name in self.search_ids if is_id(term) else ():
            found |= Q(**{name: int(term)})
        for name in self.search_texts:
            found |= Q(**{name: term})
        return queryset.filter(found), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only the query parameters of the list's own filters.

        Django allows lookups on every column (`content__startswith`), which would reveal, row by row, what no page
        shows.
        """
        return any(lookup in list_filter.expected_parameters() for list_filter in self._list_filters(request))

    def _list_filters(self, request: HttpRequest) -> Iterator[Any]:
        """Instances of the list's filters, with nothing selected."""
        for each in self.get_list_filter(request):
            if isinstance(each, type):
                yield each(request, {}, self.model, self)
                continue
            name, create = (each, FieldListFilter.create) if isinstance(each, str) else each
            model_field = get_fields_from_path(self.model, name)[-1]
            yield create(model_field, request, {}, self.model, self, field_path=name)

    def get_urls(self) -> list[URLPattern]:
        """Add the confirmation pages of the actions."""
        meta = self.model._meta  # noqa: SLF001  public despite its name
        confirmation = path(
            "<path:object_id>/do/<slug:name>/",
            self.admin_site.admin_view(self.action_view),
            name=f"{meta.app_label}_{meta.model_name}_do",
        )
        return [confirmation, *super().get_urls()]

    def all_page_actions(self) -> Sequence[AdminAction]:
        return self.page_actions

    def user_id_of(self, target: Any) -> int | None:
        """Which user an action on this object affects."""
        user_id: int | None = getattr(target, "user_id", None)
        return user_id

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return super().changelist_view(request, {"title": self.title, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        target = self.get_object(request, object_id)
        buttons = {"page_actions": self.available_actions(request, target) if target else []}
        return super().change_view(request, object_id, form_url, {**buttons, **(extra_context or {})})

    def available_actions(self, request: HttpRequest, target: Any) -> list[dict[str, Any]]:
        """The actions that are possible now and that the user has permission for; destructive ones come last."""
        available = [
            action
            for action in self.all_page_actions()
            if request.user.has_perm(action.permission) and action.is_available(target)
        ]
        available.sort(key=lambda action: action.destructive)
        return [{"action": action, "url": self._action_url(target, action)} for action in available]

    def action_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponseBase:
        return self.confirm_and_run(request, self.get_object(request, object_id), name)

    def confirm_and_run(self, request: HttpRequest, target: Any, name: str) -> HttpResponseBase:
        """Show the confirmation page of an action; on a valid POST, run the action.

        Raises:
            Http404: there is no such action, or no target.
            PermissionDenied: the user may not run the action, or not see the target.
        """
        action = next((action for action in self.all_page_actions() if action.name == name), None)
        if action is None or target is None:
            raise Http404
        if not (request.user.has_perm(action.permission) and self.has_view_permission(request, target)):
            raise PermissionDenied
        form = action.form(request.POST if request.method == "POST" else None)
        if form.is_valid() and action.is_available(target):
            return self._run(request, action, target, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": action.title,
            "action": action,
            "form": form,
            "target": target,
            "is_available": action.is_available(target),
            "back_url": self._page_url(target),
        }
        return TemplateResponse(request, "admin_site/confirm_action.html", context)

    def _run(self, request: HttpRequest, action: AdminAction, target: Any, data: dict[str, Any]) -> HttpResponseBase:
        staff = request.user
        assert isinstance(staff, User)
        audited = audit_trail.audit_staff_action(
            action=action.name,
            staff=staff,
            user_id=self.user_id_of(target),
            target="" if isinstance(target, User) else str(target)[:80],
            reason=data["reason"],
            address=client_address(request),
        )
        try:
            with audited:
                result = action.run(ActionRequest(staff=staff, target=target, data=data))
        except Problem as problem:
            messages.error(request, f"Not done: {problem.detail or problem.title} ({problem.code})")
            return HttpResponseRedirect(self._page_url(target))
        if isinstance(result, HttpResponseBase):
            return result
        messages.success(request, result)
        return HttpResponseRedirect(self._page_url(target))

    def _page_url(self, target: Any) -> str:
        meta = self.model._meta  # noqa: SLF001
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[target.pk])

    def _action_url(self, target: Any, action: AdminAction) -> str:
        meta = self.model._meta  # noqa: SLF001
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_do", args=[target.pk, action.name])
