"""How the desk's pages show a value."""

from datetime import datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def cell(value: Any) -> SafeString | str:
    """A value as a person reads it; everything that is not ours is escaped by the template."""
    # Here, since Django loads this library while it loads unfold's admin.
    from accounts.admin.panels import Link, Mark  # noqa: PLC0415

    if value is None or value == "":
        return "—"
    if isinstance(value, Link):
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', value.url, value.text)
    if isinstance(value, Mark):
        return render_to_string("unfold/helpers/label.html", {"text": value.text, "type": value.kind})
    if isinstance(value, datetime):
        here = timezone.localtime(value)
        return format_html(
            '<time datetime="{}"><span class="whitespace-nowrap">{}</span> {}</time>',
            value.isoformat(),
            f"{here:%d %b %Y},",
            f"{here:%H:%M}",
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
