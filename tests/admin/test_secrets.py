"""No admin page shows credentials or content, by any HTTP method."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from django_celery_results.models import TaskResult

from accounts import sessions
from accounts.models import OneTimeCode, Session, User
from billing import grants, mirror
from billing.models import ServiceUsage, StripeEvent
from chatrooms.models import Reply
from tests.admin.conftest import SEED, page_of, run_action
from tests.billing.stripe_fixtures import subscribe

pytestmark = pytest.mark.django_db

ROLES = ("support", "billing", "operator")
METHODS = ("get", "head", "options", "put", "patch", "delete", "trace", "post")
OTHERS = METHODS[1:]
SECRET = re.compile(r"(^|_)(password|digest|hash|key|secret|token|jti|content|search|system_instruction|args|kwargs)$")
DIGEST = "d1" * 32


def is_secret(model: Any, name: str) -> bool:
    return bool(SECRET.search(name)) or (model._meta.label, name) == ("chatrooms.Chatroom", "name")


@pytest.fixture
def rows(staff_client: Client, alice: User, support: User, failed_reply: Reply, stripe_double: Any) -> list[str]:
    """Creates a row for every admin page, and returns what no page may show."""
    alice.set_password("an unguessable passphrase of Alice")
    alice.save(update_fields=["password"])
    session = sessions.start(user=alice, method=Session.Method.CODE, user_agent="")
    OneTimeCode.objects.create(
        mobile_number=alice.mobile_number,
        purpose="sign_in",
        digest=DIGEST,
        prefix="",
        country="IN",
        address="",
        expires_at=timezone.now(),
    )
    Reply.objects.filter(pk=failed_reply.pk).update(content="A secret reply")
    subscription = subscribe(stripe_double, alice)
    mirror.refresh_customer(customer_id=stripe_double.objects("subscriptions")[subscription]["customer"])
    grants.give(user_id=alice.pk, ends_at=timezone.now() + timedelta(days=1), reason="x", granted_by=support.pk)
    StripeEvent.objects.create(event_id="evt_1", type="invoice.paid")
    ServiceUsage.objects.get_or_create(day=timezone.now().date())
    TaskResult.objects.create(task_id="1", task_args="A secret argument", task_kwargs="A secret argument")
    run_action(staff_client, alice, "unlock")
    hashes = User.objects.values_list("password", flat=True)
    texts = ["Divorce", "A secret question", "A secret reply", "A secret argument"]
    return [*hashes, str(session.current_jti), DIGEST, SEED, *texts]


def pages() -> Iterator[tuple[Any, str]]:
    """The list of each kind of row, and the page of each row."""
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield model, path
        for pk in model._default_manager.values_list("pk", flat=True):
            yield model, f"{path}{pk}/change/"


def test_every_page_names_its_fields_and_none_is_secret() -> None:
    for model, page in admin.site._registry.items():
        assert page.fields, f"{model.__name__}: Django would show every column"
        shown = {*page.fields, *page.list_display, *page.search_ids, *page.search_texts}
        shown |= {each if isinstance(each, str) else each[0] for each in page.list_filter if not isinstance(each, type)}
        assert [name for name in shown if is_secret(model, name)] == [], model


def test_the_form_of_a_user_has_no_password(rf: Any, support: User) -> None:
    request = rf.get("/")
    request.user = support
    assert "password" not in admin.site._registry[User].get_fields(request, support)


@pytest.mark.parametrize(
    ("roles", "methods"),
    [
        *(pytest.param([role], ["get"], id=f"{role}, get") for role in ROLES),
        pytest.param(ROLES, ["head", "post"], id="all roles at once, two other methods"),
        *(pytest.param([role], OTHERS, id=f"{role}, others", marks=pytest.mark.faults) for role in ROLES),
    ],
)
def test_no_method_shows_a_secret_to_any_role(
    make_staff: Callable[..., User],
    client_of: Callable[[User], Client],
    rows: list[str],
    roles: Sequence[str],
    methods: Sequence[str],
) -> None:
    colleague = client_of(make_staff(*roles))
    seen, shown = set(), set()
    for model, path in pages():
        seen.add(model)
        for method in methods:
            response = getattr(colleague, method)(path)
            assert response.status_code in ((405,) if method == "trace" else (200, 302, 403)), (method, path)
            text = response.content.decode()
            shown.update((method, path, secret) for secret in rows if secret in text)
    assert shown == set()
    assert seen == set(admin.site._registry)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("post", "trace")])
def test_the_user_page_is_the_same_by_any_method(staff_client: Client, alice: User, method: str) -> None:
    response = getattr(staff_client, method)(page_of(alice))
    assert response.status_code == 200
    assert response.templates[0].name == "admin_site/user.html"


def test_the_user_page_accepts_no_post(staff_client: Client, alice: User) -> None:
    before = User.objects.filter(pk=alice.pk).values().get()
    assert staff_client.post(page_of(alice), {"display_name": "Another", "is_staff": "on"}).status_code == 403
    assert User.objects.filter(pk=alice.pk).values().get() == before
