"""Filters of the list under a name, each person's own."""

from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.models import User
from transactions.models import SavedFilter
from transactions.rows.errors import RowRefused

MAX_FILTERS = 50
MAX_NAME = 60
MAX_QUERY = 1_000
# What of an address is a filter; the place in the list and the customer named are none.
KEPT = (
    "q", "period", "start_date", "end_date", "account", "categories", "tag", "status", "metric", "within",
    "month_start", "currency",
)  # fmt: skip


def filters_of(person: User) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(person=person).order_by("name")


def cleaned(query: str) -> str:
    """The filter in a query string, in one order; what is none is left out. Raises RowRefused."""
    if len(query) > 4 * MAX_QUERY:
        raise RowRefused(_too_long(), "filter_long")
    pairs = dict(parse_qsl(query.replace("\0", "").lstrip("?"), max_num_fields=100))
    made = urlencode({name: pairs[name] for name in KEPT if pairs.get(name)}, safe=",")
    if not made:
        raise RowRefused(
            _("Nothing is filtered now. Choose a period, a category or words first."),
            "filter_empty",
        )
    if len(made) > MAX_QUERY:
        raise RowRefused(_too_long(), "filter_long")
    return made


def save(person: User, name: str, query: str) -> SavedFilter:
    """Keeps a filter under a name; under one the person has already, the new one replaces it."""
    name, query = _name(name), cleaned(query)
    with transaction.atomic():
        found = filters_of(person).filter(name__iexact=name).first()
        if found is None and filters_of(person).count() >= MAX_FILTERS:
            raise RowRefused(
                _("You keep %(n)d filters, which is as many as there can be. Remove one first.")
                % {"n": MAX_FILTERS},
                "too_many_filters",
            )
        before = {"query": found.query} if found else None
        if found:
            found.query = query
            found.save(update_fields=["query"])
        else:
            found, _made = SavedFilter.objects.get_or_create(
                person=person, name=name, defaults={"query": query}
            )
        audit.record(act="filter.saved", subject=found, before=before, after={"name": name})
    return found


def rename(saved: SavedFilter, name: str) -> SavedFilter:
    """Raises RowRefused where another of the person's filters has the name."""
    name, before = _name(name), saved.name
    try:
        with transaction.atomic():
            SavedFilter.objects.filter(pk=saved.pk).update(name=name)
            audit.record(
                act="filter.renamed", subject=saved, before={"name": before}, after={"name": name}
            )
    except IntegrityError:
        raise RowRefused(
            _("You have a filter “%(name)s” already. Choose another name.") % {"name": name},
            "name_taken",
        ) from None
    saved.name = name
    return saved


def remove(saved: SavedFilter) -> None:
    with transaction.atomic():
        audit.record(act="filter.removed", subject=saved, before={"name": saved.name})
        saved.delete()


def _name(text: str) -> str:
    name = " ".join(text.replace("\0", "").split())
    if not name:
        raise RowRefused(_("Write a name for the filter."), "name_missing")
    if len(name) > MAX_NAME:
        raise RowRefused(
            _("A filter's name has at most %(n)d letters. Shorten it.") % {"n": MAX_NAME},
            "name_long",
        )
    return name


def _too_long() -> str:
    return _("This filter is too long to keep. Take something off it.")
