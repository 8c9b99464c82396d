"""The change log in the admin: to be read. What an entry says of a customer is covered without a purpose."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.contrib.admin import ShowFacets, SimpleListFilter, display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import ReadOnlyAdmin
from accounts.audit.acts import ACTS
from accounts.audit.fields import spans_text
from accounts.audit.models import AuditEntry, AuditSeal
from accounts.customers import services
from accounts.customers.admin import COVERED, CappedPaginator, cell, open_grants
from accounts.customers.models import Customer
from accounts.models import Role, User
from accounts.sites import bank_site


class ActFilter(SimpleListFilter):
    """From the list of acts: the table itself is too long to be asked which it holds."""

    title = gettext_lazy("act")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ACTS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(act=self.value()) if self.value() else queryset


class RoleFilter(SimpleListFilter):
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        roles = [(r.value, r.label) for r in Role if r != Role.OPERATOR]
        return [*roles, ("system", _("the product itself")), ("nobody", _("nobody signed in"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(actor_role=self.value()) if self.value() else queryset


class _LogAdmin(ReadOnlyAdmin):
    """A list of millions: in its one order, counted no further than needed, never shown whole."""

    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0


class AuditEntryAdmin(_LogAdmin):
    list_display = ("at", "act_shown", "who", "subject", "about", "request")
    list_display_links = ("at",)
    list_filter = (ActFilter, RoleFilter, "at")
    search_fields = ("request_id",)
    search_help_text = gettext_lazy(
        "A customer's reference, a colleague's e-mail, the id of a request, or a row such as jobs.Job 12"
    )
    fields = readonly_fields = (
        "id", "at", "act_shown", "who", "subject", "about", "request", "before_after", "digest",
    )  # fmt: skip
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple[Any, bool]:
        """Exact only: who, whom, which request, which row."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term:
            users = User.objects.filter(email__iexact=term).exclude(role=Role.CUSTOMER)
            return queryset.filter(actor_id__in=users.values("pk")), False
        label, _space, key = term.rpartition(" ")
        if "." in label:
            return queryset.filter(subject_type__iexact=label, subject_id=key), False
        customer = Customer.objects.filter(reference__iexact=term).first()
        if customer is not None:
            return queryset.filter(customer_id=customer.pk), False
        return queryset.filter(request_id=term), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        name_people(changelist.result_list)
        return changelist

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        entry = super().get_object(request, object_id, from_field)
        if entry is not None:
            name_people([entry])
            entry.is_open = self._may_read(request, entry)
        return entry

    def _may_read(self, request: HttpRequest, entry: Any) -> bool:
        """What is about a customer is read under a purpose, and the look is noted."""
        if entry.customer_id is None and not self._of_sign_in(entry):
            return True
        customer = entry.customer
        if customer is None:
            return False
        grant = open_grants(request, [customer]).get(customer.pk)
        if grant is None:
            return False
        services.record_look(grant=grant, what="admin: change log")
        return True

    def _of_sign_in(self, entry: Any) -> bool:
        """An act on a customer's sign-in from before it belonged to one names their address as well."""
        if entry.subject_type != User._meta.label or not entry.subject_id.isdigit():
            return False
        people = User.objects.filter(role=Role.CUSTOMER).select_related("customer")
        user = people.filter(pk=entry.subject_id).first()
        if user is None:
            return False
        entry.customer = getattr(user, "customer", None)
        return True

    @display(description=gettext_lazy("act"))
    def act_shown(self, entry: AuditEntry) -> str:
        return str(ACTS.get(entry.act, entry.act))

    @display(description=gettext_lazy("who"))
    def who(self, entry: Any) -> str:
        """Colleagues by their address; a customer stays covered, as everywhere on staff pages."""
        if entry.actor_id is None:
            return str(_("the bank") if entry.actor_role == "system" else _("nobody signed in"))
        if entry.actor_role == Role.CUSTOMER:
            return str(_("a customer"))
        return entry.actor_email or f"{entry.actor_role} {entry.actor_id}"

    @display(description=gettext_lazy("on what"))
    def subject(self, entry: AuditEntry) -> SafeString | str:
        if not entry.subject_type:
            return "—"
        text = f"{entry.subject_type} {entry.subject_id}"
        name = entry.subject_type.lower().replace(".", "_")
        try:
            url = reverse(f"admin:{name}_change", args=[entry.subject_id])
        except NoReverseMatch:
            return text
        return format_html('<a href="{}">{}</a>', url, text)

    @display(description=gettext_lazy("about"))
    def about(self, entry: Any) -> str:
        return entry.customer.reference if entry.customer else "—"

    @display(description=gettext_lazy("request"))
    def request(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="id">{}</span>', entry.request_id or "—")

    @display(description=gettext_lazy("before and after"))
    def before_after(self, entry: Any) -> SafeString | str:
        if entry.payload is None:
            return _("Erased. The digest below still vouches for what stood here.")
        if not entry.is_open:
            if entry.customer is None:
                return COVERED
            gate = reverse("pages:open_customer", args=[entry.customer.public_id])
            return format_html(
                '{} <a href="{}">{}</a>', COVERED, gate, _("Open this customer first")
            )
        return rows_of(orjson.loads(entry.payload))

    @display(description=gettext_lazy("digest"))
    def digest(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="id">{}</span>', bytes(entry.hash).hex())


def rows_of(content: dict[str, Any]) -> SafeString:
    """Before and after side by side, a line for each name."""
    before, after = content.get("before") or {}, content.get("after") or {}
    names = [*before, *(name for name in after if name not in before)]
    if not names:
        return format_html("—")
    lines = ((name, _cell(before, name), _cell(after, name)) for name in names)
    return format_html(
        '<table class="audit-change"><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead>'
        "<tbody>{}</tbody></table>",
        _("what"), _("before"), _("after"),
        format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", lines),
    )  # fmt: skip


def _cell(values: dict[str, Any], name: str) -> SafeString:
    value = values.get(name)
    if name not in values or value is None or value == "":
        return cell("—")
    return cell(value if isinstance(value, str) else orjson.dumps(value).decode())


def name_people(entries: Iterable[Any]) -> None:
    """Puts `actor_email` and `customer` on entries, in two queries for all."""
    entries = list(entries)
    actors = {e.actor_id for e in entries if e.actor_id and e.actor_role != Role.CUSTOMER}
    emails = dict(User.objects.filter(pk__in=actors).values_list("pk", "email")) if actors else {}
    about = {e.customer_id for e in entries if e.customer_id}
    customers = Customer.objects.in_bulk(list(about)) if about else {}
    for entry in entries:
        entry.actor_email = emails.get(entry.actor_id, "")
        entry.customer = customers.get(entry.customer_id)


class AuditSealAdmin(_LogAdmin):
    """The chain: each seal covers its entries and the seal before it, and its head is signed."""

    list_display = ("no", "sealed_at", "how_many", "entries", "head", "key_id")
    list_filter = ("sealed_at",)
    search_fields = ("no",)
    search_help_text = gettext_lazy("The number of a seal, or of an entry it covers as e12")
    fields = readonly_fields = (
        "no", "sealed_at", "how_many", "all_entries", "root_shown", "previous_shown", "head", "key_id",
    )  # fmt: skip
    ordering = ("-no",)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple[Any, bool]:
        term = search_term.strip().lower()
        digits = term.removeprefix("e")
        if not term:
            return queryset, False
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            return queryset.none(), False
        if term.startswith("e"):
            return queryset.filter(ids__holds=int(digits)), False
        return queryset.filter(no=int(digits)), False

    @display(description=gettext_lazy("how many"))
    def how_many(self, seal: AuditSeal) -> str:
        return number_format(seal.n, force_grouping=True)

    @display(description=gettext_lazy("entries"))
    def entries(self, seal: AuditSeal) -> str:
        text = spans_text(seal.ids[:6])
        return f"{text} …" if len(seal.ids) > 6 else text

    @display(description=gettext_lazy("entries"))
    def all_entries(self, seal: AuditSeal) -> str:
        return spans_text(seal.ids)

    @display(description=gettext_lazy("head"))
    def head(self, seal: AuditSeal) -> SafeString:
        return _digest(seal.hash)

    @display(description=gettext_lazy("root of the entries"))
    def root_shown(self, seal: AuditSeal) -> SafeString:
        return _digest(seal.root)

    @display(description=gettext_lazy("head of the seal before"))
    def previous_shown(self, seal: AuditSeal) -> SafeString:
        return _digest(seal.previous)


def _digest(value: bytes | memoryview) -> SafeString:
    return format_html('<span class="id">{}</span>', bytes(value).hex())


bank_site.register(AuditEntry, AuditEntryAdmin)
bank_site.register(AuditSeal, AuditSealAdmin)
