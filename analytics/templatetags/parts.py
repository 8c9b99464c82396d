"""What the shared parts of templates need to know of a form field."""

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A field's control, tied to its hint and its error for those who listen to the page."""
    described = []
    if field.help_text:
        described.append(f"{field.auto_id}_hint")
    attrs: dict[str, str] = {}
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
