"""What each column of a table is: by its heading where it has one, always checked on its cells."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from transactions.adapters.table import PROFILED_ROWS, Table, is_amount, is_day
from transactions.adapters.words import CURRENCIES, Heading, fold, heading, vocabulary
from transactions.amounts import SYMBOLS, is_blank
from transactions.days import looks_like_day, orders_fitting

_NOTE_LIKE = vocabulary("memo note notes remarks comment comments hint poznamka notiz labels")


@dataclass
class Column:
    """One column of the sample: its heading and its filled cells."""

    index: int
    name: str
    said: Heading
    cells: list[str]  # stripped; blank ones left out
    rows: int

    @cached_property
    def day_share(self) -> float:
        return self._share(is_day)

    @cached_property
    def named_day_share(self) -> float:
        """As `day_share`, six digits counting too: the heading already says that it is a day."""
        return self._share(lambda c: bool(orders_fitting(c)) or looks_like_day(c))

    @cached_property
    def amount_share(self) -> float:
        return self._share(is_amount)

    @cached_property
    def currency_share(self) -> float:
        return self._share(lambda c: c.upper() in CURRENCIES)

    @cached_property
    def signed(self) -> bool:
        return any(c[:1] in "-−–(" or c[-1:] == "-" or c[1:2] == "-" for c in self.cells)

    @cached_property
    def like_money(self) -> bool:
        """Decimals, signs, currency marks: what tells an amount from a number that counts."""
        return self.signed or any(
            c[-3:-2] in (".", ",") or c[-2:-1] in (".", ",") or c[:1] in SYMBOLS or c[:1] == "+"
            for c in self.cells
        )

    @property
    def fill(self) -> float:
        return len(self.cells) / self.rows if self.rows else 0.0

    @cached_property
    def variety(self) -> float:
        """How much text there is: mean length, weighed by how many cells differ."""
        if not self.cells:
            return 0.0
        length = sum(map(len, self.cells)) / len(self.cells)
        return length * (len(set(self.cells)) / len(self.cells)) * self.fill

    def _share(self, test: Callable[[str], bool]) -> float:
        return sum(map(test, self.cells)) / len(self.cells) if self.cells else 0.0


def profile(table: Table) -> list[Column]:
    """The columns of a table, profiled on rows spread over the whole sample."""
    rows = [cells for _, cells in table.rows]
    if len(rows) > PROFILED_ROWS:
        half = PROFILED_ROWS // 2
        rows = rows[:half] + rows[half :: max(1, (len(rows) - half) // half)][:half]
    columns = []
    for at in range(table.width):
        cells = [row[at].strip() for row in rows if at < len(row)]
        name = table.header[at] if at < len(table.header) else ""
        filled = [c for c in cells if not is_blank(c)]
        columns.append(Column(at, name, heading(name), filled, len(rows)))
    return columns


def find_days(columns: list[Column]) -> tuple[int | None, int | None]:
    """The booking day (the transaction's own day where given) and the other day beside it."""
    named: dict[str, list[Column]] = {}
    for column in columns:
        kind = column.said.kind
        if kind.startswith("day") and column.cells and column.named_day_share >= 0.3:
            named.setdefault(kind, []).append(column)
    order = ("day_transaction", "day", "day_booking", "day_value")
    ranked = [
        c for kind in order for c in sorted(named.get(kind, []), key=lambda c: -c.said.weight)
    ]
    full = [c for c in ranked if c.fill >= 0.5] or ranked
    if full:
        booked = full[0]
        others = [c for kind in ("day_value", "day_booking") for c in named.get(kind, [])]
        other = next((c.index for c in others if c is not booked), None)
        return booked.index, other
    plain = [c for c in columns if c.day_share >= 0.6 and c.fill >= 0.3]
    if not plain:
        return None, None
    second = plain[1].index if len(plain) > 1 and not any(c.name for c in columns) else None
    return plain[0].index, second


def find_currency(columns: list[Column]) -> int | None:
    """The column of ISO codes, by its cells; a heading must not speak against it."""
    fitting = [
        c
        for c in columns
        if c.cells and c.currency_share >= 0.9 and c.said.kind not in ("foreign", "text", "account")
    ]
    fitting.sort(key=lambda c: (c.said.kind != "currency", -c.fill, c.index))
    return fitting[0].index if fitting else None


def find_texts(columns: list[Column], taken: set[int]) -> dict[str, tuple[int, ...]]:
    """The text columns and those beside it: party, reference, category, account, id."""
    free = [c for c in columns if c.index not in taken]
    roles: dict[str, tuple[int, ...]] = {}
    for role in ("counterparty", "account", "category", "reference", "status"):
        fitting = [c for c in free if c.said.kind == role and c.cells]
        fitting.sort(key=lambda c: (-c.said.weight, -(c.fill >= 0.3), c.index))
        if fitting:
            roles[role] = (fitting[0].index,)
    roles["text"] = _texts(free, roles)
    roles["provider_id"] = _identity(free)
    return {role: at for role, at in roles.items() if at}


def _texts(free: list[Column], roles: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    named = [c for c in free if c.said.kind == "text" and c.cells]
    strong = [c for c in named if c.said.weight == 3] or named
    notes = [c for c in strong if fold(c.name) in _NOTE_LIKE]
    proper = [c for c in strong if c not in notes]
    if proper:
        best = max(proper, key=lambda c: (c.variety, -c.index))
        stem = fold(best.name).rstrip("0123456789 ")
        series = [c.index for c in named if fold(c.name).rstrip("0123456789 ") == stem]
        return tuple(series) if fold(best.name)[-1:].isdigit() else (best.index,)
    other = roles.get("counterparty", ())
    if notes or other:
        return (*other, *(c.index for c in notes[:1]))
    used = {at for found in roles.values() for at in found}
    plain = [
        c
        for c in free
        if c.cells
        and c.index not in used
        and c.said.kind in ("", "text", "other", "direction")
        and c.day_share < 0.5
        and c.amount_share < 0.5
    ]
    if not plain:
        return ()
    return (max(plain, key=lambda c: (c.variety, -c.index)).index,)


def _identity(free: list[Column]) -> tuple[int, ...]:
    """A column that names each transaction for good: filled, all different, and no line count."""
    for column in sorted(free, key=lambda c: -c.said.weight):
        if column.said.kind != "provider_id" or column.fill < 1 or not column.cells:
            continue
        if len(set(column.cells)) < len(column.cells):
            continue
        numbers = [int(c) for c in column.cells if c.isdecimal() and len(c) < 10]
        counted = len(numbers) == len(column.cells) and max(numbers) - min(numbers) < 2 * len(
            numbers
        )
        if not counted:
            return (column.index,)
    return ()
