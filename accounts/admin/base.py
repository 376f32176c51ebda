"""What the desk is made of: lists and pages that are read, and deeds, which change something.

Nothing is edited in a form: what the staff may do is a deed, with a permission, a confirmation, a reason and a row in
`StaffAction`. Every app registers here what can be done to a person.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from django import forms
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
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import User
from accounts.staff import audit_trail
from config.http.client_address import client_address
from config.http.problems import Problem


class NotNow(Problem):
    """What the staff asked for changes nothing, or cannot be done at this moment."""

    status = HTTPStatus.CONFLICT
    code = "not_now"
    title = "Not now"


def reason_field() -> forms.CharField:
    """Why something is done."""
    return forms.CharField(
        max_length=500,
        label="Why",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="The number of the ticket, or one sentence. It is kept, and everybody at the desk can read it.",
    )


class ReasonForm(forms.Form):
    """What every deed asks for."""

    reason = reason_field()


LONGEST_ID: Final = 18
"""Digits that surely fit into an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A deed that was confirmed: by whom, upon what, and what the form said."""

    staff: User
    target: Any
    data: dict[str, Any]

    @property
    def reason(self) -> str:
        """Why."""
        return str(self.data["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that the staff can do to what a page shows.

    Attributes:
        name: in the address, and in the record.
        title: on the button.
        permission: who may, `accounts.erase_user` say.
        explain: what will happen, shown before it does.
        act: does it, outside any transaction, and says what happened, or answers with a file. A `Problem` that it
            raises is told to the staff.
        form: what is asked for; every one asks for the reason.
        when: whether it makes sense for this object now.
        grave: whether there is no way back.
    """

    name: str
    title: str
    icon: str
    permission: str
    explain: str
    act: Callable[[Order], str | HttpResponseBase]
    form: type[ReasonForm] = ReasonForm
    when: Callable[[Any], bool] = field(default=lambda _: True)
    grave: bool = False


Finder = Callable[[str], list[int] | None]
_deeds: dict[str, Deed] = {}
_finders: list[Finder] = []


def register_deed(deed: Deed) -> None:
    """Add something that can be done to a person."""
    _deeds[deed.name] = deed


def register_finder(find: Finder) -> None:
    """Add a way to find people by what is typed: it gives their ids, or None if it is nothing of its kind."""
    _finders.append(find)


def deeds_to_people() -> list[Deed]:
    """All that can be done to a person."""
    return list(_deeds.values())


def found_by(term: str) -> list[int] | None:
    """The ids of the people that a registered finder finds; None if none of them knows what was typed."""
    return next((ids for find in _finders if (ids := find(term)) is not None), None)


def is_id(term: str) -> bool:
    """Whether something typed can be an id of ours."""
    return term.isascii() and term.isdigit() and len(term) <= LONGEST_ID


def column(field: str, title: str, *, yes_no: bool = False) -> Callable[[Any, Model], Any]:
    """A field of a list under the name that a person would give it."""

    @display(description=title, boolean=yes_no)
    def show(_: Any, row: Model) -> Any:
        return None if (value := getattr(row, field)) == "" else value

    return show


def person_column(field: str = "user_id", title: str = "Of") -> Callable[[Any, Model], SafeString | None]:
    """The person whom a row is about, as the way to their page."""

    @display(description=title)
    def show(_: Any, row: Model) -> SafeString | None:
        user_id = getattr(row, field)
        if user_id is None:
            return None
        address = reverse("admin:accounts_user_change", args=[user_id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">user {}</a>', address, user_id)

    return show


class InfinitePaginator(unfold_paginator.InfinitePaginator):
    """Pages of rows that nobody counts: one row more is fetched than is shown, which tells whether a page follows.

    unfold's header shows how many rows there are unless the class has this very name.
    """

    template_name = "desk/pagination.html"
    has_more = False

    def page(self, number: Any) -> Page[Any]:
        """The rows of a page."""
        number = self.validate_number(number)
        begin = (number - 1) * self.per_page
        rows = list(self.object_list[begin : begin + self.per_page + 1])
        self.has_more = len(rows) > self.per_page
        return self._get_page(rows[: self.per_page], number, self)


class DeskList(ChangeList):
    """A list in its one order, whatever its address asks for: Django looks at `sortable_by` for the headers alone."""

    def get_ordering_field(self, field_name: Any) -> None:
        """No column sorts."""


class DeskAdmin(ModelAdmin):
    """A list and a page that are read; what can be changed is changed by `deeds`."""

    deeds: Sequence[Deed] = ()
    search_ids: Sequence[str] = ()
    """Columns of whole numbers that a search looks at."""
    search_texts: Sequence[str] = ()
    """Columns of texts that a search looks at."""
    title: str
    """What the list is called."""
    fields: Sequence[str]
    """What the page shows; Django's default is every column, and so what is added to the table later."""
    paginator = InfinitePaginator  # a million rows are not counted to show fifty
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: Sequence[str] = ()  # nor are they sorted by what has no index
    list_per_page = 50
    actions = None
    list_fullwidth = True
    change_form_outer_before_template: str | None = "desk/deeds.html"
    ordering: Sequence[str] = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody edits rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskList]:
        """The list."""
        return DeskList

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """What a search looks at; without any there is no field to type into."""
        return (*self.search_ids, *self.search_texts)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find rows whose id or text is just what was typed: by an index, where Django's own search would read all."""
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
        """Whether a list may be filtered by a parameter of its address: by what its own filters take, and nothing else.

        Django lets every column be asked, in every way (`content__startswith`): row by row it tells what no page shows.
        """
        return any(lookup in taken.expected_parameters() for taken in self._filters(request))

    def _filters(self, request: HttpRequest) -> Iterator[Any]:
        """The filters of the list, with nothing chosen."""
        for each in self.get_list_filter(request):
            if isinstance(each, type):
                yield each(request, {}, self.model, self)
                continue
            name, kind = (each, FieldListFilter.create) if isinstance(each, str) else each
            column = get_fields_from_path(self.model, name)[-1]
            yield kind(column, request, {}, self.model, self, field_path=name)

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each deed."""
        meta = self.model._meta  # noqa: SLF001  a public interface all the same
        do = path(
            "<path:object_id>/do/<slug:name>/",
            self.admin_site.admin_view(self.do_view),
            name=f"{meta.app_label}_{meta.model_name}_do",
        )
        return [do, *super().get_urls()]

    def all_deeds(self) -> Sequence[Deed]:
        """What can be done here."""
        return self.deeds

    def person_of(self, target: Any) -> int | None:
        """Whom a deed is about."""
        found: int | None = getattr(target, "user_id", None)
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The list, under the name that the side bar gives it."""
        return super().changelist_view(request, {"title": self.title, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The page of one row, with what can be done to it."""
        target = self.get_object(request, object_id)
        offered = {"deeds": self.offered(request, target) if target else []}
        return super().change_view(request, object_id, form_url, {**offered, **(extra_context or {})})

    def offered(self, request: HttpRequest, target: Any) -> list[dict[str, Any]]:
        """The deeds that make sense now and that the caller may do, as buttons."""
        possible = [deed for deed in self.all_deeds() if request.user.has_perm(deed.permission) and deed.when(target)]
        last_what_is_grave = sorted(possible, key=lambda deed: deed.grave)
        return [{"deed": deed, "url": self._address(target, deed)} for deed in last_what_is_grave]

    def do_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponseBase:
        """Ask for the reason and the confirmation, then do it."""
        return self.confirmed(request, self.get_object(request, object_id), name)

    def confirmed(self, request: HttpRequest, target: Any, name: str) -> HttpResponseBase:
        """Do a deed once there is a reason and a confirmation, and ask for them before.

        Raises:
            Http404: there is no such deed, or no target.
            PermissionDenied: the caller may not do it, or not see the target.
        """
        deed = next((deed for deed in self.all_deeds() if deed.name == name), None)
        if deed is None or target is None:
            raise Http404
        if not (request.user.has_perm(deed.permission) and self.has_view_permission(request, target)):
            raise PermissionDenied
        form = deed.form(request.POST if request.method == "POST" else None)
        if form.is_valid() and deed.when(target):
            return self._do(request, deed, target, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": deed.title,
            "deed": deed,
            "form": form,
            "target": target,
            "makes_sense": deed.when(target),
            "back": self._page_of(target),
        }
        return TemplateResponse(request, "desk/deed.html", context)

    def _do(self, request: HttpRequest, deed: Deed, target: Any, data: dict[str, Any]) -> HttpResponseBase:
        actor, person = request.user, self.person_of(target)
        assert isinstance(actor, User)
        record = audit_trail.recorded(
            action=deed.name,
            staff=actor,
            user_id=person,
            target="" if isinstance(target, User) else str(target)[:80],
            reason=data["reason"],
            address=client_address(request),
        )
        try:
            with record:
                said = deed.act(Order(staff=actor, target=target, data=data))
        except Problem as problem:
            messages.error(request, f"Not done: {problem.detail or problem.title} ({problem.code})")
            return HttpResponseRedirect(self._page_of(target))
        if isinstance(said, HttpResponseBase):
            return said
        messages.success(request, said)
        return HttpResponseRedirect(self._page_of(target))

    def _page_of(self, target: Any) -> str:
        meta = self.model._meta  # noqa: SLF001
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[target.pk])

    def _address(self, target: Any, deed: Deed) -> str:
        meta = self.model._meta  # noqa: SLF001
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_do", args=[target.pk, deed.name])
