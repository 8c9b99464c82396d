"""What the shared parts of templates need to know of a form field."""

from decimal import Decimal

from django import forms, template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A field's control, tied to its hint and its error for those who listen to the page."""
    described = []
    if field.help_text:
        described.append(f"{field.auto_id}_hint")
    attrs: dict[str, str | bool] = {}
    if field.errors:
        described.append(f"{field.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.filter
def is_choice(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_group(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_select(field: BoundField) -> bool:
    widget = field.field.widget
    return isinstance(widget, forms.Select) and not widget.allow_multiple_selected


@register.filter
def is_search(field: BoundField) -> bool:
    return (
        field.field.widget.attrs.get("type") == "search"
        or getattr(field.field.widget, "input_type", "") == "search"
    )


@register.simple_tag
def bar_of(done: int | float | Decimal, whole: int | float | Decimal = 100) -> SafeString:
    """A bar of how much is done; the words beside it say the same."""
    share = min(max(float(done) / float(whole) * 100, 0), 100) if whole else 0
    return format_html(
        '<svg class="track" width="100%" height="8" aria-hidden="true">'
        '<rect class="ground" width="100%" height="8" rx="4"/>'
        '<rect class="fillbar" width="{}%" height="8" rx="4"/></svg>',
        f"{share:.1f}",
    )
