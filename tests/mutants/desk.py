"""The support desk: getting in, permissions, the record."""

from tests.mutants import Break

BREAKS = (
    Break(
        lets="the staff in without a second factor",
        file="config/admin_site/site.py",
        text="return super().has_permission(request) and user.is_verified()",
        broken="return super().has_permission(request)",
        tests="desk/test_sign_in.py",
    ),
    Break(
        lets="the sixth try at a password be made",
        file="accounts/staff/lockout.py",
        text="    WHERE known.failures_since_start < %(limit)s OR",
        broken="    WHERE true OR",
        tests="desk/test_sign_in.py",
    ),
    Break(
        lets="an IPv6 network try without end",
        file="accounts/staff/audit_trail.py",
        text='return network_of(client_address(request)).partition("/")[0]',
        broken="return client_address(request)",
        tests="desk/test_lockout.py",
    ),
    Break(
        lets="one client try one number after the other",
        file="config/admin_site/site.py",
        text="            limits.refuse_hasty_sign_ins_at_desk(request)\n",
        broken="            pass\n",
        tests="desk/test_lockout.py",
    ),
    Break(
        lets="the spelling of a number buy further tries",
        file="accounts/staff/audit_trail.py",
        text='salted_hmac("accounts.staff", name_of(str(given)), algorithm="sha256")',
        broken='salted_hmac("accounts.staff", str(given), algorithm="sha256")',
        tests="desk/test_sign_in.py",
    ),
    Break(
        lets="the database hold recovery codes that work",
        file="accounts/staff/second_factor.py",
        text="return base64.b32encode(digest[:10]).decode()",
        broken="return as_meant(code) if digest else base64.b32encode(digest).decode()",
        tests="desk/test_sign_in.py",
    ),
    Break(
        lets="support do what billing may",
        file="accounts/admin/base.py",
        text="if not (request.user.has_perm(deed.permission) and self.has_view_permission(request, target)):",
        broken="if not self.has_view_permission(request, target):",
        tests="desk/test_deeds.py",
    ),
    Break(
        lets="a deed be done that makes no sense",
        file="accounts/admin/base.py",
        text="if form.is_valid() and deed.when(target):",
        broken="if form.is_valid():",
        tests="desk/test_deeds.py",
    ),
    Break(
        lets="a deed go without its reason on record",
        file="accounts/admin/base.py",
        text='            reason=data["reason"],\n',
        broken="",
        tests="desk/test_deeds.py",
    ),
    Break(
        lets="rows be edited by hand",
        file="accounts/admin/base.py",
        text='"""Nobody edits rows."""\n        return False',
        broken='"""Nobody edits rows."""\n        return True',
        tests="desk/test_deeds.py desk/test_tiers_and_roles.py",
    ),
    Break(
        lets="a list be asked about what no page shows",
        file="accounts/admin/base.py",
        text="return any(lookup in taken.expected_parameters() for taken in self._filters(request))",
        broken="return True",
        tests="desk/test_filters.py",
    ),
    Break(
        lets="a transcript stay open",
        file="chatrooms/admin.py",
        text="OPEN_FOR: Final = timedelta(minutes=15)",
        broken="OPEN_FOR: Final = timedelta(days=15)",
        tests="desk/test_transcripts.py",
    ),
    Break(
        lets="who is no longer of the staff keep the second factor and the sessions",
        file="accounts/staff/roles.py",
        text="        second_factor.revoke(user=user)\n        sessions.end_all(user_id=user.pk)\n",
        broken="",
        tests="accounts/test_create_staff.py",
    ),
    Break(
        lets="a role keep what was given by name",
        file="accounts/staff/roles.py",
        text="        user.groups.set([group])\n        user.user_permissions.clear()\n",
        broken="        user.groups.set([group])\n",
        tests="accounts/test_create_staff.py",
    ),
)
