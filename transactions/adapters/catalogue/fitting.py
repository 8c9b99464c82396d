"""A file held against the layouts of the catalogue: which fit by what it holds, and how one reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from transactions.adapters.base import SIGNS, Detection, Evidence, Layout, Refused
from transactions.adapters.catalogue import Known, by_key, layouts
from transactions.adapters.columns import Column, profile
from transactions.adapters.dayorder import decide
from transactions.adapters.directions import complete, directions_of
from transactions.adapters.generic_csv import GenericCsv, first_values, widths
from transactions.adapters.money import decimal_mark
from transactions.adapters.sample import Sample
from transactions.adapters.table import DELIMITER_NAMES, Table, find_table
from transactions.adapters.words import CURRENCIES
from transactions.amounts import is_blank
from transactions.days import orders_fitting

MONEY = ("amount", "money_out", "money_in")
SHOWN = 3  # banks named in the evidence
# Of a file in fewer columns, or with fewer that speak for a layout, nothing is concluded: banks that nobody has
# listed write such files too, and a wrong day is worse than a question.
TELLING_COLUMNS, TELLING_SCORE = 6, 5


class Fit(NamedTuple):
    """A layout that the file's columns agree with; `score` counts the columns that speak for it."""

    known: Known
    score: int


def fitting(sample: Sample) -> list[Fit]:
    """The layouts that the file may be of, the surest first: same delimiter, as many columns, names or none,
    days where days belong and amounts where amounts belong."""
    try:
        table = find_table(sample)
    except Refused:
        return []
    columns = profile(table)
    found = [Fit(known, score) for known in layouts() if (score := _score(table, columns, known))]
    return sorted(found, key=lambda fit: -fit.score)


def _score(table: Table, columns: Sequence[Column], known: Known) -> int:
    if table.delimiter != known.delimiter or table.width != len(known.columns):
        return 0
    if bool(table.header) != bool(known.lines_before):
        return 0
    score = 1
    for at, role in enumerate(known.columns):
        column = columns[at]
        if not column.cells:
            if role in ("booked_on", "amount"):
                return 0
            continue
        says = _agrees(column, role, known)
        if says < 0:
            return 0
        score += says
    return score


def _agrees(column: Column, role: str, known: Known) -> int:
    """1 or 2 where the cells speak for the role, -1 where they rule it out, 0 else."""
    if role in ("booked_on", "value_on"):
        good = sum(
            known.days in orders_fitting(c) if known.days else bool(orders_fitting(c))
            for c in column.cells
        )
        return 1 if good * 10 >= len(column.cells) * 8 else -1
    if role in (*MONEY, "balance"):
        return 1 if column.amount_share >= 0.8 else -1
    if role == "currency":
        return 1 if column.currency_share >= 0.9 else -1
    if role == "direction":
        words = {word.casefold() for word in known.in_and_out}
        if words:
            return 2 if all(c.casefold() in words for c in column.cells) else -1
        return 1 if directions_of(column.cells, named=True) else -1
    if role in ("text", "counterparty"):
        return -1 if column.day_share > 0.8 or column.currency_share > 0.9 else 0
    return 0


def chosen(sample: Sample, key: str) -> Detection:
    """The file read by the layout that a person named; Refused (layout_differs) where it can't be one."""
    known = by_key(key)
    if known is None:
        raise Refused("layout_differs", "There is no such layout. Choose one of the list.")
    own = Sample(
        sample.head,
        complete=sample.complete,
        choices={**sample.choices, "delimiter": sample.choices.get("delimiter", known.delimiter)},
    )
    shape = f"Exports of {known.title} have {len(known.columns)} columns parted by {DELIMITER_NAMES[known.delimiter]}"
    try:
        table = find_table(own)
    except Refused as refusal:
        raise Refused(
            "layout_differs", f"{shape}; no such rows are in this file. Choose another layout."
        ) from refusal
    last = max(at for at, role in enumerate(known.columns) if role in ("booked_on", *MONEY))
    if table.width <= last:
        raise Refused(
            "layout_differs",
            f"{shape}; this file has {table.width}. Choose another layout.",
        )
    day_at = known.places("booked_on")[0]
    if not any(
        day_at < len(cells) and orders_fitting(cells[day_at].strip()) for _, cells in table.rows
    ):
        raise Refused(
            "layout_differs",
            f"Column {day_at + 1}, where exports of {known.title} have their days, holds no whole day in this file. "
            "Choose another layout.",
        )
    return read_by(own, table, known, why="as you chose")


def settle(sample: Sample, refusal: Refused) -> Detection | None:
    """The reading that answers an open question, where every layout that fits the file gives the same.

    What is settled so is shown as a guess.
    """
    if refusal.detection is None:
        return None
    fits = fitting(sample)
    table = find_table(sample)
    if not fits or table.width < TELLING_COLUMNS or fits[0].score < TELLING_SCORE:
        return None
    best = [fit.known for fit in fits if fit.score == fits[0].score]
    wanted = (
        {known.days for known in best}
        if refusal.code == "ambiguous_dates"
        else {(known.sign, *(known.places(role) for role in MONEY)) for known in best}
    )
    if len(wanted) != 1 or wanted == {""}:
        return None
    found = refusal.detection
    banks = ", ".join(known.title for known in best[:SHOWN])
    more = f" and {len(best) - SHOWN} more" if len(best) > SHOWN else ""
    why = f"so the exports of {banks}{more} are written, and this file has their columns"
    if refusal.code == "ambiguous_dates":
        layout = replace(found.layout, date_order=best[0].days)
        field = "date_order"
    elif refusal.code == "ambiguous_sign":
        own = read_by(sample, table, best[0], why=why)
        layout = replace(
            found.layout,
            sign=own.layout.sign,
            directions=own.layout.directions,
            out_negative=own.layout.out_negative,
            columns=_with_money(found.layout.columns, own.layout.columns),
        )
        field = "sign"
    else:
        return None
    evidence = tuple(
        e._replace(found=_words(e.found, layout, field), why=why, sure=False)
        if e.field == field
        else e
        for e in found.evidence
    )
    return replace(found, layout=layout, evidence=evidence)


def _words(said: str, layout: Layout, field: str) -> str:
    if field == "date_order":
        return {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}[
            layout.date_order
        ]
    if layout.sign == "two_columns":
        return f"{layout.name_of(layout.columns['money_out'][0])} is money out"
    return SIGNS.get(layout.sign, said)


def _with_money(
    found: Mapping[str, tuple[int, ...]], own: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    taken = {at for role in (*MONEY, "direction") for at in own.get(role, ())}
    kept = {
        role: tuple(at for at in places if at not in taken)
        for role, places in found.items()
        if role not in (*MONEY, "direction")
    }
    money = {role: own[role] for role in (*MONEY, "direction") if own.get(role)}
    return {role: places for role, places in {**kept, **money}.items() if places}


def read_by(sample: Sample, table: Table, known: Known, *, why: str) -> Detection:
    """The table read by the layout: columns and sign are the layout's, the rest is found in the file."""
    columns = profile(table)
    roles = _roles(columns, known)
    amounts = [columns[at] for role in MONEY for at in roles.get(role, ())]
    prefer = "," if table.delimiter == ";" else "."
    mark, mark_evidence = decimal_mark([c for c in amounts if c.cells], prefer=prefer)
    directions: Mapping[str, int] = {}
    sign = known.sign
    if sign == "direction":
        way_in, way_out = (*known.in_and_out, "", "")[:2]
        directions = {way_in.casefold(): 1, way_out.casefold(): -1} if way_in else {}
        directions = directions or complete(
            directions_of(columns[roles["direction"][0]].cells, named=True) or {}
        )
    layout = Layout(
        adapter=GenericCsv.name,
        encoding=sample.encoding,
        delimiter=table.delimiter,
        first_line=table.first_line,
        header=table.header,
        columns=roles,
        decimal=mark,
        sign=sign,
        directions=directions,
        out_negative=known.out_negative,
    )
    day_at = roles["booked_on"][0]
    days = [c[day_at].strip() for _, c in table.rows if day_at < len(c) and not is_blank(c[day_at])]
    order, order_evidence, _ = decide(days, prior=known.days)
    layout = replace(layout, date_order=order, widths=widths(table, layout))
    return Detection(
        adapter=GenericCsv.name,
        layout=layout,
        score=0.9,
        evidence=(
            Evidence("Layout", known.title, why),
            order_evidence,
            mark_evidence,
            Evidence(
                "Sign", _words("", layout, "sign"), f"as {known.bank} writes it", True, "sign"
            ),
            sample.encoding_evidence,
        ),
        first_values=first_values(columns),
        label=f"Export of {known.title}",
    )


def _roles(columns: Sequence[Column], known: Known) -> dict[str, tuple[int, ...]]:
    """The layout's columns by role, without those that this file's cells speak against."""
    roles: dict[str, tuple[int, ...]] = {}
    for role in dict.fromkeys(known.columns):
        places = tuple(at for at in known.places(role) if at < len(columns))
        if role == "-" or not places:
            continue
        if role == "currency":
            places = tuple(
                at for at in places if all(c.upper() in CURRENCIES for c in columns[at].cells)
            )
        if role == "provider_id":
            places = tuple(at for at in places if _names_each(columns[at]))
        if role in ("balance", "value_on"):
            places = places[:1]
        if places:
            roles[role] = places if role == "text" else places[:1]
    return roles


def _names_each(column: Column) -> bool:
    return (
        column.fill == 1 and len(set(column.cells)) == len(column.cells) and len(column.cells) > 0
    )
