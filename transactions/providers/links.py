"""Acts on connections: begin, finish, choose accounts, sign in again, disconnect.

The provider is asked outside of any transaction; what it says is written in one, under the row's lock, so a
doubled click does it once.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from accounts.audit import services as audit
from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from transactions.imports.accounts import create_account
from transactions.imports.copytext import storable
from transactions.ledger import writing_accounts
from transactions.models import (
    BalanceStatement,
    BankAccount,
    ImportBatch,
    ProviderAccount,
    ProviderLink,
)
from transactions.providers import described, mirror, secrets
from transactions.providers.client import Client
from transactions.providers.errors import LoginNeeded, ProviderBusy, ProviderRefused
from transactions.providers.sealing import SealBroken

HISTORY_DAYS = 730
# Visits that nobody finished: older ones make room.
UNFINISHED_KEPT = 4
_LANGUAGES = {
    "da", "nl", "en", "et", "fr", "de", "it", "lv", "lt", "no", "pl", "pt", "ro", "es", "sv", "vi",
}  # fmt: skip

Addresses = Callable[[uuid.UUID], tuple[str, str]]


class NotFinished(Exception):
    """The person hasn't come to the end of the provider's page yet."""


def start(client: Client, *, customer: Customer, addresses: Addresses) -> ProviderLink:
    """A new connection, not finished: the provider's page waits for the person.

    Parameters: `addresses` gives, for the connection's public id, where the provider sends its messages and
    where it sends the person back. Raises ProviderProblem.
    """
    public_id = uuid.uuid4()
    body = _visit(customer, addresses(public_id)) | {
        "products": ["transactions"],
        "transactions": {"days_requested": HISTORY_DAYS},
    }
    token, url = _page_of(client, client.create_link_token(body))
    with transaction.atomic():
        old = ProviderLink.objects.filter(customer=customer, state=ProviderLink.State.STARTED)
        stale = list(old.values_list("pk", flat=True))[UNFINISHED_KEPT - 1 :]
        ProviderLink.objects.filter(pk__in=stale).delete()
        link = ProviderLink(public_id=public_id, customer=customer)
        secrets.keep_visit(link, token, url)
        link.save()
        audit.record(act="provider.started", subject=link, customer_id=customer.pk)
    return link


def start_again(client: Client, link: ProviderLink, *, addresses: Addresses) -> None:
    """Opens the provider's page for a connection whose bank asks for a new sign-in, or has new accounts."""
    body = _visit(link.customer, addresses(link.public_id)) | {
        "access_token": secrets.access_token(link),
        "update": {"account_selection_enabled": True},
    }
    token, url = _page_of(client, client.create_link_token(body))
    with transaction.atomic():
        link = _locked(link)
        secrets.keep_visit(link, token, url)
        link.save(update_fields=["session"])
        audit.record(act="provider.started", subject=link, customer_id=link.customer_id)


def _visit(customer: Customer, addresses: tuple[str, str]) -> dict[str, Any]:
    profile = bank_profile()
    language = (get_language() or "en").split("-")[0]
    messages_to, back_to = addresses
    return {
        "client_name": profile.name[:30],
        "language": language if language in _LANGUAGES else "en",
        "country_codes": [profile.country],
        # A person is known to the provider by an id that says nothing.
        "user": {"client_user_id": str(customer.public_id)},
        "webhook": messages_to,
        "hosted_link": {"completion_redirect_uri": back_to},
    }


def _page_of(client: Client, answer: Mapping[str, Any]) -> tuple[str, str]:
    token, url = answer.get("link_token"), answer.get("hosted_link_url")
    if not isinstance(token, str) or not isinstance(url, str):
        raise ProviderBusy("answer_unreadable")
    if not client.provider.may_lead_to(url):
        # Whoever answers for the provider may not send people anywhere it likes.
        raise ProviderRefused("page_elsewhere")
    return token, url


def finish(client: Client, link: ProviderLink) -> ProviderLink:
    """What became of the person's visit: a new connection's accounts, or a repaired one.

    Raises NotFinished where the provider's page was not gone through, ProviderProblem, SealBroken.
    """
    if link.state in (ProviderLink.State.CHOOSING, ProviderLink.State.ENDED):
        return look_again(client, link) if link.state == ProviderLink.State.CHOOSING else link
    token, _url = secrets.visit(link)
    sessions = [s for s in client.get_link_token(token).get("link_sessions") or [] if _done(s)]
    if not sessions:
        raise NotFinished
    if link.state == ProviderLink.State.STARTED:
        link = _connect(client, link, sessions)
        return look_again(client, link)
    told = client.accounts(secrets.access_token(link))
    with transaction.atomic():
        link = _locked(link)
        if link.is_open:
            described.refresh(link, told.get("accounts") or [])
            before = link.state
            link.state, link.error_code, link.session = ProviderLink.State.ACTIVE, "", b""
            link.notice = ""
            link.save(update_fields=["state", "error_code", "session", "notice"])
            audit.record(
                act="provider.renewed",
                subject=link,
                before={"state": before},
                customer_id=link.customer_id,
            )
    return link


def _done(session: Any) -> bool:
    return isinstance(session, Mapping) and bool(session.get("finished_at"))


def _connect(client: Client, link: ProviderLink, sessions: list[Any]) -> ProviderLink:
    """The connection's secret, kept before anything else can fail: the token before it is good for once."""
    results = [
        added
        for session in sessions
        for added in (session.get("results") or {}).get("item_add_results") or []
        if isinstance(added, Mapping) and isinstance(added.get("public_token"), str)
    ]
    if not results:
        raise NotFinished
    added = results[-1]
    access_token, item_id = client.exchange_public_token(added["public_token"])
    institution = added.get("institution") or {}
    try:
        with transaction.atomic():
            link = _locked(link)
            if link.state != ProviderLink.State.STARTED:
                return link
            secrets.keep_access_token(link, access_token)
            link.item_id, link.session = item_id[:120], b""
            link.institution_id = str(institution.get("institution_id") or "")[:64]
            link.institution_name = storable(str(institution.get("name") or ""))[:120]
            link.state = ProviderLink.State.CHOOSING
            link.save()
            audit.record(
                act="provider.connected",
                subject=link,
                after={"institution": link.institution_id},
                customer_id=link.customer_id,
            )
    except IntegrityError as error:
        raise ProviderRefused("already_connected") from error
    return link


def look_again(client: Client, link: ProviderLink) -> ProviderLink:
    """Asks which accounts the connection has, and keeps what is told. Raises ProviderProblem."""
    told = client.accounts(secrets.access_token(link))
    with transaction.atomic():
        link = _locked(link)
        described.refresh(link, told.get("accounts") or [])
        if not link.institution_name:
            name = str((told.get("item") or {}).get("institution_name") or "")
            link.institution_name = storable(name)[:120]
            link.save(update_fields=["institution_name"])
    return link


def choose(link: ProviderLink, choices: Mapping[int, BankAccount | str]) -> ProviderLink:
    """Says where the rows of each of the provider's accounts go.

    Parameters: by key of the provider's account: a ledger account of the person, "new", or "" (left out).
    An account that comes in later brings its whole history, so everything is asked for again.
    """
    with transaction.atomic():
        link = _locked(link)
        if link.state != ProviderLink.State.CHOOSING and not link.is_open:
            return link
        added = False
        for row in link.accounts.all():
            if row.pk not in choices:
                continue
            wanted = choices[row.pk]
            if wanted == "":
                row.choice, row.account = ProviderAccount.Choice.LEFT_OUT, None
            else:
                account = _new_account(link, row) if isinstance(wanted, str) else wanted
                added |= row.account_id != account.pk
                row.choice, row.account = ProviderAccount.Choice.LINKED, account
            row.save(update_fields=["choice", "account"])
        if added:
            link.cursor = ""
        if link.state == ProviderLink.State.CHOOSING:
            link.state = ProviderLink.State.ACTIVE
        link.notice = ""
        link.save(update_fields=["cursor", "state", "notice"])
        audit.record(
            act="provider.chosen",
            subject=link,
            after={"accounts": {row.pk: row.account_id for row in link.accounts.all()}},
            customer_id=link.customer_id,
        )
    return link


def _new_account(link: ProviderLink, row: ProviderAccount) -> BankAccount:
    return create_account(
        customer=link.customer,
        name=row.name,
        currency=row.currency,
        kind=row.kind,
        masked_number=row.masked_number,
    )


def take_doubtful(link: ProviderLink) -> ProviderLink:
    """Rows that look like those of a file come in too, from the next run on; everything is asked again."""
    with transaction.atomic():
        link = _locked(link)
        link.takes_doubtful, link.cursor = True, ""
        link.save(update_fields=["takes_doubtful", "cursor"])
        audit.record(
            act="provider.asked",
            subject=link,
            after={"takes_doubtful": True},
            customer_id=link.customer_id,
        )
    return link


def note_asked(link: ProviderLink) -> None:
    """The person asked for the connection's rows by hand."""
    audit.record(act="provider.asked", subject=link, customer_id=link.customer_id)


def disconnect(client: Client, link: ProviderLink, *, take_rows: bool) -> int:
    """Ends the connection here and at the provider; its secret is gone afterwards.

    Parameters: `take_rows` takes away what it brought as well. Returns how many rows went. Raises
    ProviderBusy, and then nothing is changed: a connection that only we forgot would stay open there.
    """
    _end_there(client, link)
    with transaction.atomic():
        link = _locked(link)
        removed = _take_rows(link) if take_rows else 0
        if link.state != ProviderLink.State.ENDED or removed:
            before = link.state
            link.state, link.ended_at = ProviderLink.State.ENDED, timezone.now()
            link.secret = link.session = b""
            link.cursor = link.error_code = link.notice = ""
            link.save()
            audit.record(
                act="provider.ended",
                subject=link,
                before={"state": before},
                after={"rows_removed": removed},
                customer_id=link.customer_id,
            )
    return removed


def _end_there(client: Client, link: ProviderLink) -> None:
    try:
        client.remove_item(secrets.access_token(link))
    except SealBroken:
        pass  # none was ever kept, or nobody can open it any more
    except (ProviderRefused, LoginNeeded):
        pass  # it is no connection there any more


def _take_rows(link: ProviderLink) -> int:
    """The rows that it brought go; what the person said of them is kept, should they ever come back."""
    batches = ImportBatch.objects.filter(source_key=link.source_key)
    accounts = sorted(
        {row.account_id for row in link.accounts.all() if row.account_id}
        | {int(pk) for basis in batches.values_list("basis", flat=True) for pk in basis.get("accounts", {})}
    )  # fmt: skip
    if not accounts:
        return 0
    with writing_accounts(accounts, wait=True):
        rows = mirror.rows_of_link(link, accounts)
        removed = mirror.remove(sorted(rows), accounts, None)
        BalanceStatement.objects.filter(
            account__in=accounts, source=f"{link.provider} {link.pk}"[:20]
        ).delete()
    batches.exclude(state=ImportBatch.State.UNDONE).update(
        state=ImportBatch.State.UNDONE, undone_at=timezone.now()
    )
    return removed


def _locked(link: ProviderLink) -> ProviderLink:
    return (
        ProviderLink.objects.select_for_update(of=("self",))
        .select_related("customer")
        .get(pk=link.pk)
    )
