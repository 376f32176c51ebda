"""The admin: sign-in, permissions, the audit trail."""

from tests.mutants import Break

BREAKS = (
    Break(
        lets="staff in without a second factor",
        file="config/admin_site/site.py",
        text="return super().has_permission(request) and user.is_verified()",
        broken="return super().has_permission(request)",
        tests="admin/test_sign_in.py",
    ),
    Break(
        lets="a sixth password be tried",
        file="accounts/staff/lockout.py",
        text="    WHERE known.failures_since_start < %(limit)s OR",
        broken="    WHERE true OR",
        tests="admin/test_sign_in.py",
    ),
    Break(
        lets="an IPv6 network try without limit",
        file="accounts/staff/audit_trail.py",
        text='return network_of(client_address(request)).partition("/")[0]',
        broken="return client_address(request)",
        tests="admin/test_lockout.py",
    ),
    Break(
        lets="one client try one number after the other",
        file="config/admin_site/site.py",
        text="            limits.limit_admin_sign_ins(request)\n",
        broken="            pass\n",
        tests="admin/test_lockout.py",
    ),
    Break(
        lets="another spelling of a number allow further attempts",
        file="config/admin_site/sign_in.py",
        text='return normalized_number(self.cleaned_data["username"])',
        broken='return str(self.cleaned_data["username"])',
        tests="admin/test_sign_in.py::test_other_spellings_allow_no_more_attempts",
    ),
    Break(
        lets="the database store recovery codes that work",
        file="accounts/staff/second_factor.py",
        text="return base64.b32encode(digest[:10]).decode()",
        broken="return normalize_code(code) if digest else base64.b32encode(digest).decode()",
        tests="admin/test_sign_in.py",
    ),
    Break(
        lets="support use the permissions of billing",
        file="accounts/admin/base.py",
        text="if not (request.user.has_perm(action.permission) and self.has_view_permission(request, target)):",
        broken="if not self.has_view_permission(request, target):",
        tests="admin/test_actions.py",
    ),
    Break(
        lets="an action be run that is not available",
        file="accounts/admin/base.py",
        text="if form.is_valid() and action.is_available(target):",
        broken="if form.is_valid():",
        tests="admin/test_actions.py",
    ),
    Break(
        lets="an action run without its reason on record",
        file="accounts/admin/base.py",
        text='            reason=data["reason"],\n',
        broken="",
        tests="admin/test_actions.py",
    ),
    Break(
        lets="rows be edited by hand",
        file="accounts/admin/base.py",
        text="def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:\n"
        "        return False",
        broken="def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:\n"
        "        return True",
        tests="admin/test_actions.py admin/test_tiers_and_roles.py",
    ),
    Break(
        lets="a list be filtered by columns that no page shows",
        file="accounts/admin/base.py",
        text="return any(lookup in list_filter.expected_parameters() for list_filter in self._list_filters(request))",
        broken="return True",
        tests="admin/test_filters.py",
    ),
    Break(
        lets="a transcript stay open",
        file="chatrooms/admin/rooms.py",
        text="TRANSCRIPT_OPEN_FOR: Final = timedelta(minutes=15)",
        broken="TRANSCRIPT_OPEN_FOR: Final = timedelta(days=15)",
        tests="admin/test_transcripts.py",
    ),
    Break(
        lets="former staff keep their second factor and their sessions",
        file="accounts/staff/roles.py",
        text="        second_factor.revoke(user=user)\n        sessions.end_all(user_id=user.pk)\n",
        broken="",
        tests="accounts/test_create_staff.py",
    ),
    Break(
        lets="a new role keep permissions granted to the user",
        file="accounts/staff/roles.py",
        text="        user.groups.set([group])\n        user.user_permissions.clear()\n",
        broken="        user.groups.set([group])\n",
        tests="accounts/test_create_staff.py",
    ),
)
