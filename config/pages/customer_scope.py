"""One customer's pages: whose they are, through which door their links lead, what "today" is."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest

from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile, business_day
from accounts.customers.scope import customer_in_scope
from accounts.permissions import OWN_DATA, has
from transactions.doors import PAGE, STAFF_PAGE, Door
from transactions.reach import Reach


@dataclass(frozen=True)
class View:
    """What every page about one customer needs, read once."""

    customer: Customer
    door: Door
    today: date
    locale: str
    reach: Reach
    is_own: bool

    @property
    def named(self) -> dict[str, str]:
        """What links carry besides the filter: staff name whose pages they read."""
        return {} if self.is_own else {"customer": str(self.customer.public_id)}

    @property
    def words(self) -> str:
        """The named customer as the end of an address that has no other parameters."""
        return "" if self.is_own else f"?customer={self.customer.public_id}"


def view_of(request: HttpRequest, customer: Customer) -> View:
    own = has(request.user, OWN_DATA)
    return View(
        customer=customer,
        door=PAGE if own else STAFF_PAGE,
        today=business_day(),
        locale=bank_profile().locale,
        reach=Reach(customer),
        is_own=own,
    )


def open_view(request: HttpRequest, what: str) -> View:
    """The customer a request is about, their own or the one staff name; each look is noted as `what`.

    Raises Http404, CustomerNeeded, PurposeNeeded (accounts/customers/scope.py).
    """
    customer = customer_in_scope(
        request.user,  # type: ignore[arg-type]
        request.GET.get("customer"),
        what=f"page: {what}",
    )
    return view_of(request, customer)
