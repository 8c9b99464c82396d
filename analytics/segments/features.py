"""The feature step: what every customer did, as eight numbers and an RFM score."""

from datetime import date
from decimal import Decimal

import numpy as np

from accounts.customers.queries import bank_profile
from analytics.nights import queries
from analytics.nights.models import Run
from analytics.nights.services import StepResult
from analytics.segments.models import CustomerFeatures
from transactions.flows import EXPENSES, INCOME, UNCATEGORISED

MONTHS = 12


def compute_features(run: Run) -> StepResult:
    """Writes CustomerFeatures of one run for every customer with money in the bank's currency.

    Twelve whole months back from `computed_through`; customers whose money is in another currency are
    left out, never added in.
    """
    from analytics.segments.calc.features import FEATURES, customer_features
    from analytics.segments.calc.rfm import rfm_scores

    currency = bank_profile().currency
    last = run.computed_through.replace(day=1)
    first = queries.months_before(last, MONTHS - 1)
    cells = queries.all_cells(first=first, last=last)
    own = cells.currency == currency
    customers, row = np.unique(cells.customer[own], return_inverse=True)
    CustomerFeatures.objects.filter(run=run).delete()
    if customers.size == 0:
        return StepResult(0, "no customer has lines yet")
    month = (cells.month[own] - np.datetime64(first, "M")).astype(np.int64)
    shape = (customers.size, MONTHS)
    spending = cells.amount(EXPENSES)[own]
    income, expenses, payments = (np.zeros(shape) for _ in range(3))
    np.add.at(income, (row, month), cells.amount(INCOME)[own] / 1e4)
    np.add.at(expenses, (row, month), spending / 1e4)
    spends = np.isin(cells.kind[own], (EXPENSES.kind, UNCATEGORISED))
    np.add.at(payments, (row, month), np.where(spends, cells.n[own], 0))
    categories, column = np.unique(cells.category[own], return_inverse=True)
    by_category = np.zeros((customers.size, categories.size))
    np.add.at(by_category, (row, column), spending / 1e4)
    paid = queries.last_payments(day=run.business_day)
    recency = np.array([_days(paid.get(int(c)), run.business_day, first) for c in customers])
    raw = customer_features(
        recency_days=recency,
        payments=payments,
        income=income,
        expenses=expenses,
        by_category=np.maximum(by_category, 0),
    )
    frequency = payments.sum(axis=1).astype(np.int64)
    # Exact, from ten-thousandths: this number is shown, not only computed with.
    spent = np.zeros(customers.size, dtype=np.int64)
    np.add.at(spent, row, spending)
    scores = rfm_scores(recency, frequency, spent / 1e4, customers)
    names = [feature.name for feature in FEATURES]
    CustomerFeatures.objects.bulk_create(
        (
            CustomerFeatures(
                run=run,
                customer_id=int(customer),
                currency=currency,
                recency_days=int(recency[i]) if int(customer) in paid else None,
                frequency=int(frequency[i]),
                monetary=Decimal(int(spent[i])).scaleb(-4),
                recency_score=int(scores[i, 0]),
                frequency_score=int(scores[i, 1]),
                monetary_score=int(scores[i, 2]),
                features=dict(zip(names, (round(float(v), 6) for v in raw[i]), strict=True)),
            )
            for i, customer in enumerate(customers)
        ),
        batch_size=2000,
    )
    return StepResult(int(customers.size))


def _days(last: date | None, today: date, first: date) -> int:
    """Days since the last payment; without any, as long ago as the window is."""
    return max((today - (last or first)).days, 0)
