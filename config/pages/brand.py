"""The bank's own colour as a stylesheet, since the content policy allows none in the page."""

import re

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.pages.navigation import bank_identity

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
LIGHT = (
    "--brand:{c};--brand-hover:color-mix(in srgb,{c} 82%,black);"
    "--brand-tint:color-mix(in srgb,{c} 10%,white);--band:color-mix(in srgb,{c} 18%,white)"
)
# A brand is checked against light paper; on dark it is lightened until it reads as well there.
DARK = (
    "--brand:color-mix(in srgb,{c} 42%,white);--brand-hover:color-mix(in srgb,{c} 30%,white);"
    "--brand-tint:color-mix(in srgb,{c} 26%,#161C26);--band:color-mix(in srgb,{c} 38%,#161C26)"
)


@require_safe
@login_not_required
def brand_css(request: HttpRequest) -> HttpResponse:
    """Overrides of the brand's tokens; empty where the bank has no colour of its own."""
    colour = bank_identity(request).brand
    rules = ""
    if COLOUR.fullmatch(colour):
        light, dark = LIGHT.format(c=colour), DARK.format(c=colour)
        rules = (
            f":root{{{light}}}\n"
            f'@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}\n'
            f':root[data-theme="dark"]{{{dark}}}\n'
        )
    response = HttpResponse(rules, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, max-age=300"
    return response
