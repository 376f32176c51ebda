"""The template filter that shows a value of a panel."""

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
    """A readable form of the value. The template escapes every plain string."""
    # Imported here, because Django loads this library while it loads unfold's admin.
    from accounts.admin.panel_registry import Badge, Link  # noqa: PLC0415

    if value is None or value == "":
        return "—"
    if isinstance(value, Link):
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', value.url, value.text)
    if isinstance(value, Badge):
        return render_to_string("unfold/helpers/label.html", {"text": value.text, "type": value.kind})
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return format_html(
            '<time datetime="{}"><span class="whitespace-nowrap">{}</span> {}</time>',
            value.isoformat(),
            f"{local:%d %b %Y},",
            f"{local:%H:%M}",
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
