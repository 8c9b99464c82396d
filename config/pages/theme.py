"""The colours a person likes, kept with their sign-in: on a device where they chose none, these hold."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from accounts.models import User
from config.pages.navigation import THEMES


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """The switch sends what was chosen; the page has changed already, so nothing comes back."""
    theme = request.POST.get("theme", "")
    if theme not in (*THEMES, "system"):
        return HttpResponse(status=400)
    User.objects.filter(pk=str(request.user.pk)).exclude(theme=theme).update(theme=theme)
    return HttpResponse(status=204)
