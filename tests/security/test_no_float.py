"""G26 money_exact, the lint: no float on the way of an amount, but where it was reviewed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.guards import Guard

# Where amounts are read, kept, summed, shown and written out.
MONEY_PATH = ("accounts", "transactions", "analytics", "recommendations", "alerts", "config")
# Statistics on their way into a picture or a forecast, rounded once at the edge.
FREE = (
    "/calc/",
    "/migrations/",
    "/samples/",
    "config/embedded/",
    "config/demo/",
    "config/health.py",
)
# Each reviewed: a file and function, and why what is a float there is no amount of anybody's.
REVIEWED = {
    "analytics/charts": "lengths and angles of a drawing; the labels are printed from the figures",
    "transactions/categories": "how sure a category is",
    "transactions/adapters/base.py": "how well a format fits",
    "transactions/adapters/catalogue/fitting.py": "shares of cells, and how well a layout fits",
    "transactions/adapters/mended.py": "how well a format fits",
    "transactions/adapters/columns.py": "shares of cells that look like days or amounts",
    "transactions/adapters/encodings.py": "how plausible an encoding is",
    "transactions/adapters/signs.py": "shares of rows whose balances agree",
    "transactions/adapters/generic_csv.py": "how well a format fits",
    "transactions/adapters/camt.py": "how well a format fits",
    "transactions/adapters/mt940.py": "how well a format fits",
    "transactions/adapters/ofx.py": "how well a format fits",
    "transactions/adapters/qif.py": "how well a format fits",
    "transactions/adapters/named.py": "how well a format fits",
    "transactions/adapters/saved.py": "how well a format fits",
    "transactions/adapters/dayorder.py": "shares of rows and points of evidence",
    "transactions/adapters/money.py": "shares of cells that look like amounts",
    "transactions/adapters/directions.py": "shares of rows whose word and sign agree",
    "transactions/imports/booking.py": "seconds",
    "transactions/imports/bulk/columns.py": "shares of cells that name a customer",
    "transactions/rules/runs.py": "seconds",
    "analytics/regulars/evaluation.py": "shares of what was found",
    "analytics/management/commands/eval_regulars.py": "shares of what was found",
    "transactions/imports/watched.py": "seconds since a file was written",
    "transactions/management/commands/watch_folder.py": "seconds",
    "transactions/imports/pages/summaries.py": "widths of a bar",
    "analytics/templatetags/parts.py": "length of a bar",
    "config/pages/forecast_cards.py": "how far past forecasts were off, in usual steps",
    "analytics/metrics/figures.py": "refuses a float",
    "accounts/banks/postgresql": "seconds",
    "accounts/jobs": "seconds",
    "transactions/providers/stand_in": "chances and seconds of a made-up bank",
    "accounts/customers/forms.py": "contrast of two colours",
    "config/settings.py": "seconds",
    "accounts/middleware.py": "milliseconds",
    "accounts/audit/sealing.py": "seconds",
    "accounts/limits.py": "seconds",
    "accounts/sessions.py": "seconds",
    "analytics/forecasts": "statistics beside calc: scores and shares; amounts become Decimal at the edge",
    "analytics/segments": "features of statistics beside calc",
}


def floats(source: str) -> Iterator[tuple[int, str]]:
    """Line and kind of every float that Python or Django would make here."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"literal {node.value}"
        elif isinstance(node, ast.Call):
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if called in ("float", "FloatField", "float64", "from_float", "fsum"):
                yield node.lineno, f"{called}()"
        elif isinstance(node, ast.Name) and node.id == "float" and isinstance(node.ctx, ast.Load):
            yield node.lineno, "float"


def files() -> list[Path]:
    return [
        path
        for folder in MONEY_PATH
        for path in sorted((REPO / folder).rglob("*.py"))
        if not any(part in path.relative_to(REPO).as_posix() for part in FREE)
    ]


@pytest.mark.guard("G26")
def test_no_float_stands_on_the_way_of_money(guard: Guard) -> None:
    found, used = [], set()
    checked = files()
    for path in checked:
        name = path.relative_to(REPO).as_posix()
        reviewed = [r for r in REVIEWED if name.startswith(r)]
        for line, kind in floats(path.read_text()):
            if reviewed:
                used.update(reviewed)
            else:
                found.append(f"{name}:{line} {kind}")
    assert not found, "\n".join(found)
    stale = sorted(REVIEWED.keys() - used)
    assert not stale, f"reviewed, and no float there any more: {stale}"
    guard("G26", reached="0 floats on the money path; each exception has a reason", n=len(checked))


@pytest.mark.parametrize(
    "source",
    ["x = float(amount)", "amount = 0.1", "models.FloatField()", "rate: float = y", "math.fsum(x)",
     "np.float64(a)", "Decimal.from_float(a)"],
)  # fmt: skip
def test_the_lint_sees(source: str) -> None:
    assert list(floats(source))


@pytest.mark.parametrize("source", ["Decimal('0.1')", "x = 1", "'float'", "# float(x)"])
def test_the_lint_lets_pass(source: str) -> None:
    assert not list(floats(source))
