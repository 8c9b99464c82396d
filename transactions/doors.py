"""Where a slice's rows and parts are opened: the pages' addresses and the API's."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Door:
    """Paths, and what the parameters are called there; `customer` "" = the reader's own, not named."""

    list_path: str
    trace_path: str
    customer: str
    account: str


PAGE = Door("/transactions/", "/trace/{}/", customer="", account="account")
# Staff reading one customer's pages name that customer.
STAFF_PAGE = replace(PAGE, customer="customer")
API = Door("/api/v1/transactions", "/api/v1/trace/{}", customer="customer_id", account="account_id")
