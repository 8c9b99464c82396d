"""Customers and the bank's settings in the admin: lists are masked, one customer needs a purpose."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ShowFacets, TabularInline, display
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.addresses import masked
from accounts.admin import PersonAdmin, ReadOnlyAdmin
from accounts.customers import queries, services, sign_ins
from accounts.customers.forms import BankProfileForm
from accounts.customers.models import AccessGrant, AccessRecord, BankProfile, Customer
from accounts.customers.visits import staff_reference
from accounts.models import Role, User
from accounts.sites import bank_site
from accounts.versions import VersionedAdmin

COVERED = "••••"


def staff_of(request: HttpRequest) -> User:
    """Who asks; the site lets nobody else in."""
    return cast(User, request.user)


class PurposeAdmin(VersionedAdmin):
    """Change, delete and history pages of one customer's data open only under an open purpose."""

    def customer_of(self, obj: Any) -> Customer | None:
        return obj if isinstance(obj, Customer) else getattr(obj, "customer", None)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row, read once: the gate asks for it and the page behind the gate again."""
        key = (type(self).__name__, str(object_id), from_field)
        seen: dict[Any, Any] = request.__dict__.setdefault("_rows_read", {})
        if key not in seen:
            seen[key] = super().get_object(request, object_id, from_field)
        return seen[key]

    def _gate(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        obj = self.get_object(request, object_id)
        customer = self.customer_of(obj) if obj is not None else None
        if customer is None:
            return None
        obj.owner = customer
        grant = queries.open_grant(staff=staff_of(request), customer=customer)
        if grant is None:
            messages.info(request, _("Say first why you open this customer."))
            gate = reverse("pages:open_customer", args=[customer.public_id])
            back = request.get_full_path() if request.method == "GET" else ""
            return HttpResponseRedirect(f"{gate}?{urlencode({'next': back})}" if back else gate)
        services.record_look(grant=grant, what=f"admin: {type(obj).__name__}")
        return None

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        stop = self._gate(request, object_id)
        return stop or super().change_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        stop = self._gate(request, object_id)
        return stop or super().delete_view(request, object_id, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        stop = self._gate(request, object_id)
        return stop or super().history_view(request, object_id, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CappedPaginator(Paginator[Any]):
    """Counts no further than anybody leafs: a ledger's list must not cost a count of the ledger."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by()[: self.LIMIT].count()


class MaskedChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        cast("MaskedAdmin", self.model_admin).uncover(request, self.result_list)


class MaskedAdmin(PurposeAdmin):
    """A list that shows what is personal only of customers whom this person has opened.

    Rows get `owner` (Customer or None) and `is_open`. The address can't ask what the list covers either:
    only filters that are offered, and `open_lookups`, are answered; columns are not sorted by value.
    """

    open_lookups: tuple[str, ...] = ()
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        offered = set(map(str, self.list_filter))
        return lookup.split("__")[0] in offered or lookup in offered or lookup in self.open_lookups

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MaskedChangeList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # it would pass the purpose by
        return actions

    def owners(self, rows: list[Any]) -> dict[int, Customer | None]:
        """The customer whom each row is about, by the row's key."""
        return {row.pk: self.customer_of(row) for row in rows}

    def uncover(self, request: HttpRequest, rows: list[Any]) -> None:
        """Marks the rows of opened customers, and notes the look at them."""
        owners = self.owners(rows)
        grants = open_grants(request, (c for c in owners.values() if c is not None))
        for row in rows:
            row.owner = owners.get(row.pk)
            row.is_open = row.owner is not None and row.owner.pk in grants
        seen = {row.owner.pk for row in rows if row.is_open}
        services.record_looks(
            grants=[grants[pk] for pk in seen],
            what=f"admin: list of {self.model.__name__}",
        )

    @display(description=gettext_lazy("customer"))
    def owner_reference(self, row: Any) -> str:
        return row.owner.reference if row.owner else "—"


def open_grants(request: HttpRequest, customers: Iterable[Customer]) -> dict[int, AccessGrant]:
    """This person's open purposes by customer, of the customers named."""
    pks = {customer.pk for customer in customers}
    if not pks:
        return {}
    found = AccessGrant.objects.filter(
        staff=staff_of(request), customer__in=pks, expires_at__gt=timezone.now()
    )
    return {grant.customer_id: grant for grant in found}


def opened_customers(request: HttpRequest) -> "QuerySet[Customer]":
    """Everyone whom this person may see now."""
    grants = AccessGrant.objects.filter(staff=staff_of(request), expires_at__gt=timezone.now())
    return Customer.objects.filter(pk__in=grants.values("customer"))


def cell(text: Any) -> SafeString:
    """A row's own value, marked as such: a number here is no figure."""
    return format_html("<span data-cell>{}</span>", text)


class BankProfileAdmin(VersionedAdmin):
    form = BankProfileForm
    list_display = ("name", "currency", "time_zone", "k")
    readonly_fields = ("daily_head",)

    @display(description=gettext_lazy("is the daily head sent?"))
    def daily_head(self, profile: BankProfile) -> str:
        """In words, since a mail that never comes says nothing."""
        from accounts.audit import daily
        from accounts.jobs.models import Job

        to = daily.addresses()
        if not to:
            return _("No: nobody is named, so nothing is sent.")
        said = ngettext(
            "Yes, once a day, to %(n)d address.", "Yes, once a day, to %(n)d addresses.", len(to)
        ) % {"n": len(to)}
        operators = len(settings.AUDIT_HEADS_TO)
        if operators:
            said += " " + ngettext(
                "%(n)d of them is the operators'.", "%(n)d of them are the operators'.", operators
            ) % {"n": operators}
        done = Job.objects.filter(kind=daily.KIND, state=Job.State.DONE).order_by("-id").first()
        if done is None or not done.result.get("seal"):
            return said
        last = _("The last one was of %(day)s, with seal %(no)s.")
        return f"{said} {last % {'day': done.result['day'], 'no': done.result['seal']}}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CustomerAdmin(MaskedAdmin):
    list_display = ("reference", "branch", "age_bracket", "created_at")
    list_filter = ("branch", "age_bracket")
    search_fields = ("reference",)
    autocomplete_fields = ("user",)
    readonly_fields = ("public_id",)

    def index_count(self) -> int:
        return Customer.objects.count()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        field = form.base_fields.get("user")
        if field is not None:
            field.queryset = sign_ins.free_sign_ins(obj)
            field.help_text = _(
                "Whoever has this sign-in sees this customer’s figures. Only open sign-ins that belong to "
                "no customer are here. It is noted on the customer’s page, and an older address is told."
            )
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if obj is None or sign_ins.may_connect(obj) else (*fields, "user")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "user" not in form.changed_data:
            return
        was = form.initial.get("user") if change else None
        sign_ins.tell(
            request=request,
            customer=obj,
            old=User.objects.filter(pk=was).first() if was else None,
            grant=queries.open_grant(staff=staff_of(request), customer=obj),
            place="admin",
        )


class BankPersonAdmin(PersonAdmin, MaskedAdmin):
    """Everybody who signs in at this bank: colleagues by their address, customers covered.

    A customer is found by the whole address or the reference, never by a part; their page needs an open
    purpose. A customer's sign-in that belongs to no customer yet can be closed, and shows no address.
    """

    list_display = (  # type: ignore[assignment]
        "address", "role", "owner_reference", "is_active", "has_password", "last_sign_in",
    )  # fmt: skip
    list_select_related = ("customer",)
    search_help_text = gettext_lazy(
        "A colleague's address or a part of it; a customer's whole address, or reference"
    )
    # Colleagues first, and no order by what the list covers.
    ordering = (Case(When(role=Role.CUSTOMER, then=Value(1)), default=Value(0)), "id")  # type: ignore[assignment]
    roles = (Role.CUSTOMER, Role.VIEWER, Role.ANALYST, Role.ADMIN)

    def customer_of(self, obj: Any) -> Customer | None:
        return getattr(obj, "customer", None) if obj.is_customer else None

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if request.GET.get("field_name") == "user" and request.GET.get("model_name") == "customer":
            # The choices of a customer's form; the form itself takes no others.
            queryset = queryset.filter(pk__in=sign_ins.free_sign_ins())
        term = search_term.strip()
        if not term:
            return queryset, False
        customers = Q(role=Role.CUSTOMER) & (
            Q(email__iexact=term) | Q(customer__reference__iexact=term)
        )
        return queryset.filter(~Q(role=Role.CUSTOMER) & Q(email__icontains=term) | customers), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self._is_loose(obj):
            return fieldsets
        return [
            (
                title,
                {
                    **options,
                    "fields": ["address" if f == "email" else f for f in options["fields"]],
                    "description": gettext_lazy(
                        "This sign-in belongs to no customer yet, so its address stays covered. Was the "
                        "invitation sent to a wrong one? Close this sign-in and invite again."
                    ),
                },
            )
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj.is_customer:
            # As a colleague they would be shown by name; what a customer sees would be gone.
            fields += ("role",)
        return (*fields, "address") if obj is not None and self._is_loose(obj) else fields

    def _is_loose(self, obj: User) -> bool:
        return obj.is_customer and self.customer_of(obj) is None

    @display(description=gettext_lazy("e-mail"))
    def address(self, user: Any) -> str:
        return masked(user.email) if user.is_customer and not _is_open(user) else user.email

    @display(description=gettext_lazy("last sign-in"))
    def last_sign_in(self, user: Any) -> Any:
        return COVERED if user.is_customer and not _is_open(user) else user.last_login


def _is_open(row: Any) -> bool:
    return getattr(row, "is_open", False)


class AccessRecordInline(TabularInline[AccessRecord, AccessGrant]):
    model = AccessRecord
    fields = readonly_fields = ("seen_at", "what")
    extra = 0
    can_delete = False
    verbose_name_plural = gettext_lazy("looks")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AccessGrantAdmin(ReadOnlyAdmin):
    """Who of the staff opened whom, why, and what they looked at."""

    list_display = ("opened_at", "staff", "mark", "customer", "purpose", "expires_at")
    list_filter = ("purpose",)
    list_select_related = ("staff", "customer")
    search_fields = ("customer__reference", "staff__email")
    inlines = (AccessRecordInline,)
    paginator = CappedPaginator
    show_full_result_count = False

    @display(description=gettext_lazy("as the customer sees it"))
    def mark(self, grant: AccessGrant) -> str:
        return staff_reference(grant.staff_id)


class OpenedCustomerField(forms.ModelChoiceField[Customer]):
    """A customer from those whom this person has opened."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Customer.objects.none())
        kwargs["help_text"] = kwargs.get("help_text") or gettext_lazy(
            "Only customers whom you have opened, from the list of customers, are here."
        )
        super().__init__(*args, **kwargs)


bank_site.register(BankProfile, BankProfileAdmin)
bank_site.register(Customer, CustomerAdmin)
bank_site.register(User, BankPersonAdmin)
bank_site.register(AccessGrant, AccessGrantAdmin)
