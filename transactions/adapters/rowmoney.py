"""The signed amount of one row, by the sign convention of its layout."""

from collections.abc import Callable
from decimal import Decimal

from transactions.adapters.base import Layout
from transactions.adapters.directions import direction
from transactions.amounts import AmountError, is_blank, parse_amount, read_amount

ReadMoney = Callable[[list[str]], Decimal]


class RowError(Exception):
    """A row that cannot be read, by the column that is to blame."""

    def __init__(self, index: int, code: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.index, self.code, self.reason, self.fix = index, code, reason, fix


def money_reader(layout: Layout) -> ReadMoney:
    """A function from the cells of a row to its amount; it raises RowError.

    Made once per file: the plain case, one signed column, is all that runs for most rows.
    """
    if layout.sign == "two_columns":
        return _two_columns(layout)
    if layout.amount_currencies:
        return _one_of_several(layout)
    if layout.sign == "direction":
        return _by_direction(layout)
    if layout.sign == "signed":
        return _signed(layout)
    return _turned(layout)


def _signed(layout: Layout) -> ReadMoney:
    at, mark = layout.columns["amount"][0], layout.decimal

    def read(cells: list[str]) -> Decimal:
        try:
            return parse_amount(cells[at], mark)
        except AmountError as error:
            raise _blame(at, error) from None

    return read


def _turned(layout: Layout) -> ReadMoney:
    at, mark, unmarked = layout.columns["amount"][0], layout.decimal, layout.sign == "unmarked_out"

    def read(cells: list[str]) -> Decimal:
        try:
            amount = read_amount(cells[at], mark)
        except AmountError as error:
            raise _blame(at, error) from None
        if unmarked:
            return amount.value if amount.stated > 0 else -abs(amount.value)
        # A written CR or DR says more than the file's convention.
        lettered = cells[at].rstrip(" .")[-2:].upper() in ("CR", "DR")
        return amount.value if lettered else -amount.value

    return read


def _by_direction(layout: Layout) -> ReadMoney:
    at, flag_at = layout.columns["amount"][0], layout.columns["direction"][0]
    known = layout.directions

    def read(cells: list[str]) -> Decimal:
        try:
            value = parse_amount(cells[at], layout.decimal)
        except AmountError as error:
            raise _blame(at, error) from None
        flag = cells[flag_at].strip()
        turn = known.get(flag.casefold()) or (direction(flag) if flag else 0)
        if not turn:
            words = " or ".join(f"“{w}”" for w in list(known)[:4] if w)
            reason = (
                f"“{flag[:40]}” says neither in nor out." if flag else "Nothing says in or out."
            )
            code = "direction_unknown" if flag else "direction_missing"
            raise RowError(flag_at, code, reason, f"Type {words}.")
        return value * turn

    return read


def _two_columns(layout: Layout) -> ReadMoney:
    sides = [
        (at, turn * (-1 if negative else 1))
        for role, turn, negative in (
            ("money_out", -1, layout.out_negative),
            ("money_in", 1, layout.in_negative),
        )
        for at in layout.columns.get(role, ())
    ]

    def read(cells: list[str]) -> Decimal:
        moved: list[tuple[int, Decimal]] = []
        zero = False
        for at, turn in sides:
            if is_blank(cells[at]):
                continue
            try:
                value = parse_amount(cells[at], layout.decimal)
            except AmountError as error:
                raise _blame(at, error) from None
            if value:
                moved.append((at, value * turn))
            zero = True
        if len(moved) == 1:
            return moved[0][1]
        if moved:
            raise RowError(
                moved[1][0],
                "both_in_and_out",
                "Both money out and money in are filled.",
                "Empty one of the two.",
            )
        if zero:
            return Decimal(0)
        raise _missing(sides[0][0])

    return read


def _one_of_several(layout: Layout) -> ReadMoney:
    turn = -1 if layout.sign == "reversed" else 1

    def read(cells: list[str]) -> Decimal:
        filled = filled_amounts(layout, cells)
        if not filled:
            raise _missing(layout.columns["amount"][0])
        if len(filled) > 1:
            raise RowError(
                filled[1][1],
                "two_currencies",
                "The row has an amount in more than one currency.",
                "Keep one amount on the row.",
            )
        return filled[0][2] * turn

    return read


def filled_amounts(layout: Layout, cells: list[str]) -> list[tuple[int, int, Decimal]]:
    """(nth amount column, index, value) of the amount columns that the row fills, zeros last."""
    filled = []
    for nth, at in enumerate(layout.columns["amount"]):
        if not is_blank(cells[at]):
            try:
                filled.append((nth, at, parse_amount(cells[at], layout.decimal)))
            except AmountError as error:
                raise _blame(at, error) from None
    return [f for f in filled if f[2]] or filled[:1]


def _missing(index: int) -> RowError:
    return RowError(index, "amount_missing", "There is no amount.", "Type the amount.")


def _blame(index: int, error: AmountError) -> RowError:
    return RowError(index, error.code, error.reason, error.fix)
