"""The settings of the admin site and of the staff's sign-in, which do not depend on the environment."""

from datetime import timedelta

DESK_PATH = "admin/"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.staff.backend.StaffBackend"]
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"/{DESK_PATH}"
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
OTP_TOTP_ISSUER = "Kuvaka"
AXES_HANDLER = "accounts.staff.lockout.CountingHandler"
AXES_FAILURE_LIMIT = 5
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Not only the name: strangers could then lock staff out, who sign in from other addresses.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "accounts.staff.audit_trail.axes_username"
AXES_CLIENT_IP_CALLABLE = "accounts.staff.audit_trail.axes_client_ip"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "otp_token", "csrfmiddlewaretoken"]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "admin_site/locked.html"
UNFOLD = {
    "SITE_TITLE": "Kuvaka desk",
    "SITE_HEADER": "Kuvaka",
    "SITE_SUBHEADER": "Support desk",
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.admin_site.site.icon"}],
    "STYLES": ["config.admin_site.site.styles"],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "config.admin_site.dashboard.context",
    "ENVIRONMENT": "config.admin_site.site.environment",
    "SIDEBAR": {"navigation": "config.admin_site.site.navigation"},
}
