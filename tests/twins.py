"""The twins: two banks with equal primary keys, public ids and id key, told apart by canaries only.

Every text cell carries its bank's canary and every amount ends in its bank's cents, so any leak is one
grep, and a broken object check can't hide behind a 404. One row of each table that stands in a bank;
bank B has besides a customer (key ONLY_IN_B) with rows that A lacks, on which "foreign = missing" shows, and
both have another customer of the same bank (key OTHER), whose rows nobody of the cast may see.
"""

import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, models

from accounts.banks.tenancy import in_bank
from accounts.models import Role, User
from accounts.second_factor import BankMFAAdapter

DAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
ID_KEY = bytes(range(16))
PASSWORD = "the twins' own password"
PEOPLE = {
    1: Role.CUSTOMER,
    2: Role.VIEWER,
    3: Role.ANALYST,
    4: Role.ADMIN,
    6: Role.ANALYST,
    7: Role.ADMIN,
}
ONLY_IN_B = 424242
OTHER = 171717
# What hangs on one customer, so that the other one has it too.
OF_A_CUSTOMER = {
    "customers.Customer", "jobs.StoredFile", "jobs.StoredChunk", "jobs.Job", "transactions.BankAccount",
    "transactions.AccountHolder", "transactions.BalanceStatement", "transactions.Category",
    "transactions.ImportBatch", "transactions.PlannedChunk", "transactions.ImportIssue",
    "transactions.ImportProfile", "transactions.Transaction", "transactions.MonthTotal",
    "transactions.KeptEdit", "transactions.RowPair", "analytics.Budget", "analytics.ForecastIssue",
    "analytics.ForecastPoint", "analytics.Membership", "analytics.CustomerFeatures",
    "analytics.RegularPayment", "analytics.RegularPaymentDate",
    "transactions.CategoryRule", "transactions.LearnedMerchant", "transactions.Correction",
    "transactions.HiddenCategory", "transactions.RuleRun", "transactions.RuleChange",
    "transactions.ProviderLink",
    "transactions.ProviderAccount",
    "transactions.Merchant", "transactions.MerchantAlias",
}  # fmt: skip

# Tables that hold no data of the bank's people, or that Django fills.
NOT_FILLED = {
    "contenttypes.ContentType", "auth.Permission", "auth.Group", "sessions.Session", "admin.LogEntry",
    "account.EmailConfirmation",
}  # fmt: skip


@dataclass(frozen=True)
class Twin:
    schema: str
    host: str
    canary: str
    cents: str

    def amount(self, whole: int = 41) -> Decimal:
        return Decimal(f"{whole}.{self.cents}")


A = Twin("twin_a", "a.twin.test", "Zebrafish", "1379")
B = Twin("twin_b", "b.twin.test", "Quokkabird", "8641")


def bank_models() -> list[type[models.Model]]:
    """Models with a table inside a bank, referenced ones first."""
    names = set(settings.TENANT_APPS)
    found = [
        m
        for config in apps.get_app_configs()
        if config.name in names
        for m in config.get_models(include_auto_created=False)
        if m._meta.managed and not m._meta.proxy and m._meta.label not in NOT_FILLED
    ]
    ordered: list[type[models.Model]] = []

    def place(model: type[models.Model]) -> None:
        if model in ordered:
            return
        for field in model._meta.fields:
            target = field.related_model
            if isinstance(target, type) and target in found and target is not model:
                place(target)
        ordered.append(model)

    for model in found:
        place(model)
    return ordered


def public_id(model: type[models.Model], key: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{model._meta.label}/{key}")


def _value(field: Any, twin: Twin, key: int, model: type[models.Model]) -> Any:
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.UUIDField):
        return public_id(model, key)
    if isinstance(field, models.EmailField):
        return f"{twin.canary.lower()}{key}@example.com"
    if isinstance(field, (models.CharField, models.TextField)):
        return f"{twin.canary} {field.name} {key}"[: field.max_length]
    if isinstance(field, models.DecimalField):
        return twin.amount(40 + key % 100)
    if isinstance(field, models.DateTimeField):
        return NOW
    if isinstance(field, models.DateField):
        return DAY
    if isinstance(field, models.JSONField):
        return {"canary": twin.canary}
    if isinstance(field, models.BinaryField):
        return twin.canary.encode()
    if isinstance(field, models.BooleanField):
        return field.default if field.has_default() else False
    if isinstance(field, models.FloatField):
        return 0.5
    if isinstance(field, models.BigIntegerField | models.PositiveBigIntegerField):
        return key
    return key % 100


# What a table needs besides: values by model label, given the twin and the row's key.
def _special(twin: Twin, label: str, key: int) -> dict[str, Any]:
    month = DAY.replace(day=1)
    image = {
        "category": key,
        "origin": "keyword",
        "confidence": 1,
        "decision": None,
        "text": twin.canary,
    }
    return {
        "customers.BankProfile": {
            "k": 10, "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR", "locale": "en",
            "brand": "", "business_day": DAY, "heads_to": "", "id_key": ID_KEY,
        },
        "customers.Customer": {"user_id": 1 if key == 1 else None, "reporting_currency": ""},
        "customers.AccessGrant": {"staff_id": 6, "expires_at": FAR},
        "audit.AuditEntry": {"actor_id": 3, "customer_id": key, "act": "customer.opened"},
        "audit.AuditSeal": {"ids": [(key, key + 1)], "n": 1},
        "account.EmailAddress": {"user_id": key, "verified": True, "primary": True},
        # The analyst has an authenticator app; its secret is sealed under the bank's own key.
        "mfa.Authenticator": {
            "user_id": 3 if key == 1 else key, "type": "totp",
            "data": {"secret": BankMFAAdapter().encrypt("JBSWY3DPEHPK3PXP"), "canary": twin.canary},
        },
        "usersessions.UserSession": {"ip": "192.0.2.1"},
        "transactions.BankAccount": {"currency": "EUR", "revision": 0, "draft_of": None},
        "transactions.AccountHolder": {"role": "owner", "put_away_on": None},
        "transactions.ExchangeRate": {"base": "USD", "quote": "EUR" if key == 1 else "GBP"},
        "transactions.Transaction": {
            "amount": -twin.amount(40 + key % 100), "booked_on": DAY, "category_id": key, "parent_id": None,
            "is_split": False, "batch_id": key, "status": "posted", "category_origin": "person",
            "occurrence": 0, "version": 1,
        },
        "transactions.MonthTotal": {
            "month": month, "category_id": key, "money_in": 0, "money_out": -twin.amount(40 + key % 100), "n": 1,
        },
        "transactions.Category": {
            "kind": "expense", "is_hidden": False, "position": 0,
            "parent_id": 1 if key == OTHER else None, "customer_id": key if key == OTHER else None,
        },
        "transactions.RowPair": {
            "kind": "transfer", "state": "asked", "first_id": key, "second_id": key, "before": {},
        },
        "analytics.Budget": {"month": month, "currency": "EUR"},
        "analytics.RegularPayment": {"currency": "EUR", "due_rule": "5"},
        "analytics.StaffMonth": {"month": DAY.replace(day=1, month=key % 100 % 12), "placements": b""},
        "analytics.StaffGroup": {
            "month": month, "kind": "expense", "currency": "EUR", "leaves": [[key, twin.canary, key]],
            "customers": 12, "lines": 40, "net": -twin.amount(4000), "money_in": 0,
            "money_out": -twin.amount(4000), "changed_in": 1,
        },
        "analytics.StaffRelease": {"withheld": [], "k": 10, "customers": 12, "active_customers": 12},
        "analytics.ForecastIssue": {
            "currency": "EUR", "model": "blend", "months_used": 12, "months_needed": 12,
        },
        "analytics.Run": {"state": "published", "business_day": DAY, "computed_through": DAY},
        "jobs.StoredChunk": {"no": 0, "data": zlib.compress(twin.canary.encode())},
        "jobs.Job": {
            "state": "done", "lease_id": None, "lease_until": None, "kind": "import_plan",
            "unique_key": f"{twin.canary}-{key}",
        },
        # Its secrets are none: the sweep asks no provider.
        "transactions.ProviderLink": {"state": "active", "messages": []},
        "transactions.ProviderAccount": {"choice": "linked", "currency": "EUR"},
        "transactions.ImportIssue": {"verdict": "rejected"},
        # The bank's own rule stands beside the customers' in B alone.
        "transactions.CategoryRule": {
            "conditions": {"words": [["text", "contains", twin.canary]]},
            "customer_id": None if key == ONLY_IN_B else key,
        },
        "transactions.LearnedMerchant": {"sign": 1},
        "transactions.Correction": {"sign": 1},
        "transactions.RuleRun": {"state": "done", "customer_id": None if key == ONLY_IN_B else key},
        "transactions.RuleChange": {"before": image, "after": image},
        "transactions.Merchant": {"customer_id": key if key == OTHER else None},
        "transactions.MerchantAlias": {"customer_id": key if key == OTHER else None},
        "transactions.TextModel": {
            "is_current": key not in (ONLY_IN_B, OTHER), "numbers": b"", "figures": {
                "accuracy": 0.9, "macro_f1": 0.8, "coverage": 0.8, "precision": 0.95, "texts": 900,
                "shops": 300, "folds": 5, "files": [f"{twin.canary}.csv"], "categories": [
                    {"code": twin.canary, "texts": 40, "found": 30, "answers": 31},
                ],
            },
        },
        "transactions.ImportBatch": {"state": "planned", "source": "file", "basis": {}, "verdicts": b"",
            "sums": {}, "counts": {}, "choices": {}, "detection": {}, "layout": {},
        },
    }.get(label, {})  # fmt: skip


def build(twin: Twin) -> None:
    """Fills one twin; the caller has made the bank. Reference categories are replaced by canaries."""
    from transactions.guard import writing

    with in_bank(twin.schema), writing():
        tables = ", ".join(f'"{m._meta.db_table}"' for m in bank_models())
        with connection.cursor() as cursor:
            cursor.execute(f"truncate {tables} cascade")
        people = dict(PEOPLE)
        if twin is B:
            people[ONLY_IN_B] = Role.VIEWER
        for key, role in people.items():
            User(
                pk=key, email=f"{twin.canary.lower()}{key}@example.com", role=role,
                login_name=f"{twin.canary}{key}", password=make_password(PASSWORD),
            ).save(force_insert=True)  # fmt: skip
        for model in bank_models():
            if model is User:
                continue
            keys = [1, OTHER] if model._meta.label in OF_A_CUSTOMER else [1]
            if twin is B and model._meta.label not in {"customers.BankProfile"}:
                keys.append(ONLY_IN_B)
            for key in keys:
                _row(model, twin, key)
        for model in bank_models():
            _move_sequence(model)


def _move_sequence(model: type[models.Model]) -> None:
    """Rows were given their keys; the next one the product makes must not meet them."""
    with connection.cursor() as cursor:
        table, column = model._meta.db_table, model._meta.pk.column
        cursor.execute("select pg_get_serial_sequence(%s, %s)", [f'"{table}"', column])
        sequence = cursor.fetchone()[0]
        if sequence:
            cursor.execute("select setval(%s, 1000)", [sequence])


def _row(model: type[models.Model], twin: Twin, key: int) -> None:
    special = _special(twin, model._meta.label, key)
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.attname in special:
            values[field.attname] = special[field.attname]
        elif field.primary_key:
            values[field.attname] = key
        elif field.related_model is not None:
            values[field.attname] = _reference(field, key)
        else:
            values[field.attname] = _value(field, twin, key, model)
    model(**values).save(force_insert=True)


def _reference(field: Any, key: int) -> int | None:
    if field.related_model is User:
        return 3
    label = field.related_model._meta.label
    if field.null and label == field.model._meta.label:
        return None
    return 1 if key == OTHER and label not in OF_A_CUSTOMER else key


def tables_without_rows(twin: Twin) -> list[str]:
    """Names of bank tables the twin has no row in: there a leak couldn't show."""
    with in_bank(twin.schema):
        return [m._meta.label for m in bank_models() if not m._base_manager.exists()]


def rows_of(twin: Twin) -> Iterator[tuple[str, int]]:
    with in_bank(twin.schema), connection.cursor():
        for model in bank_models():
            yield model._meta.label, model._base_manager.count()
