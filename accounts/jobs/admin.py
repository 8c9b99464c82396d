"""Long work in the admin: looked at here, acted on through its services and its own page."""

from django.contrib import messages
from django.contrib.admin import action, display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin import ReadOnlyAdmin
from accounts.jobs import queries, registry, services
from accounts.jobs.models import Job
from accounts.sites import bank_site


class JobAdmin(ReadOnlyAdmin):
    list_display = ("title", "state", "how_it_stands", "created_at", "page")
    list_filter = ("state",)
    fields = (
        "title", "state", "how_it_stands", "run_at", "created_at", "started_at", "finished_at",
        "failures", "lost_leases", "error_code", "page",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("try_again",)
    list_per_page = 50
    show_full_result_count = False

    def index_count(self) -> int:
        return Job.objects.count()

    @display(description=_("work"))
    def title(self, job: Job) -> str:
        return registry.title(job.kind)

    @display(description=_("how it stands"))
    def how_it_stands(self, job: Job) -> str:
        return job.error or queries.sentence(job)

    @display(description=_("page"))
    def page(self, job: Job) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("jobs:detail", args=[job.public_id]), _("Open")
        )

    @action(description=_("Try stopped work again"))
    def try_again(self, request: HttpRequest, jobs: "QuerySet[Job]") -> None:
        stopped = list(jobs.filter(state=Job.State.PARKED))
        for job in stopped:
            services.retry(job)
        count = len(stopped)
        self.message_user(
            request,
            ngettext("%(n)d job is tried again.", "%(n)d jobs are tried again.", count)
            % {"n": count},
            messages.SUCCESS if count else messages.WARNING,
        )


bank_site.register(Job, JobAdmin)
