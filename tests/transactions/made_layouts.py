"""A file in the shape of each layout of the catalogue, with the rows that must come out of it."""

import csv
import io
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from transactions.adapters.catalogue import Known

SEED = 20240801
ROWS = 24


class Truth(NamedTuple):
    day: date
    amount: Decimal
    text: str


# Names of columns as banks of the country write them: day, other day, amount, out, in, text, other party,
# balance, currency, account, category, reference, direction, anything else.
_ROLES = (
    "booked_on", "value_on", "amount", "money_out", "money_in", "text", "counterparty", "balance", "currency",
    "account", "category", "reference", "direction", "-",
)  # fmt: skip
_NAMES = {
    "en": "Date|Value date|Amount|Debit|Credit|Description|Payee|Balance|Currency|Account|Category|Reference|Type|Info",
    "de": "Buchungstag|Valuta|Betrag|Soll|Haben|Verwendungszweck|Auftraggeber|Saldo|Währung|Konto|Kategorie|Referenz"
    "|Soll/Haben|Zusatz",
    "nl": "Datum|Valutadatum|Bedrag|Af|Bij|Omschrijving|Naam|Saldo|Munt|Rekening|Categorie|Kenmerk|Af Bij|Extra",
    "fr": "Date|Date valeur|Montant|Débit|Crédit|Libellé|Bénéficiaire|Solde|Devise|Compte|Catégorie|Référence|Sens"
    "|Divers",
    "es": "Fecha|Fecha valor|Importe|Cargo|Abono|Concepto|Beneficiario|Saldo|Moneda|Cuenta|Categoría|Referencia|Signo"
    "|Otros",
    "pt": "Data|Data valor|Valor|Débito|Crédito|Descrição|Favorecido|Saldo|Moeda|Conta|Categoria|Referência|Tipo"
    "|Outros",
    "it": "Data|Valuta|Importo|Dare|Avere|Descrizione|Beneficiario|Saldo|Divisa|Conto|Categoria|Riferimento|Segno"
    "|Altro",
    "cs": "Datum|Datum valuty|Částka|Výdaj|Příjem|Popis|Název protiúčtu|Zůstatek|Měna|Účet|Kategorie|Reference|Směr"
    "|Jiné",
    "pl": "Data|Data waluty|Kwota|Obciążenia|Uznania|Opis|Odbiorca|Saldo|Waluta|Rachunek|Kategoria|Numer referencyjny"
    "|Typ|Inne",
    "sv": "Datum|Valutadatum|Belopp|Uttag|Insättning|Text|Mottagare|Saldo|Valuta|Konto|Kategori|Referens|Typ|Övrigt",
}  # fmt: skip
_LANGUAGES = {
    "de": "at ch de", "nl": "nl be", "fr": "fr", "es": "es co mx", "pt": "br", "it": "it", "cs": "cz sk", "pl": "pl",
    "sv": "se no dk",
}  # fmt: skip
_CURRENCY = {
    "us": "USD", "gb": "GBP", "ch": "CHF", "cz": "CZK", "pl": "PLN", "se": "SEK", "no": "NOK", "dk": "DKK", "ca": "CAD",
    "au": "AUD", "nz": "NZD", "sg": "SGD", "br": "BRL", "mx": "MXN", "hu": "HUF", "in": "INR", "za": "ZAR", "ro": "RON",
}  # fmt: skip
_OUT = (
    "Bakery Corner", "Purchase at Fuel Point", "Card payment Book Shop", "Direct debit Water Works", "Rent July",
    "Green Grocer 0231", "Cinema", "Pharmacy by the bridge", "Train ticket", "Coffee & Cake", "Insurance premium",
)  # fmt: skip
_IN = ("Salary", "Refund Shoe Shop", "Interest paid", "Transfer received from John Doe")
_COMMA = frozenset(
    {"at", "be", "ch", "cz", "de", "dk", "es", "fr", "gr", "hu", "it", "lt", "lv", "nl", "no", "pl", "ro", "se", "sk",
     "br", "co"}
)  # fmt: skip


def language(country: str) -> str:
    return next((name for name, where in _LANGUAGES.items() if country in where.split()), "en")


def file_of(
    known: Known, *, rows: int = ROWS, first: date = date(2024, 7, 28)
) -> tuple[bytes, list[Truth]]:
    """The bytes of an export with `rows` payments, and these payments in file order."""
    rng = random.Random(f"{SEED} {known.key}")
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=known.delimiter, lineterminator="\r\n")
    names = dict(zip(_ROLES, _NAMES[language(known.country)].split("|"), strict=True))
    for n in range(known.lines_before - 1):
        stream.write(
            f"Account overview{known.delimiter}{n}\r\n"
            if n % 2
            else "Your bank, statement of your account\r\n"
        )
    fillers = [_filler(rng, n) for n in range(len(known.columns))]
    after_amount = _balance_at(known)
    if known.lines_before:
        count: dict[str, int] = {}
        head = []
        for at, role in enumerate(known.columns):
            role = "balance" if at == after_amount else role
            role = "reference" if role == "provider_id" else role
            count[role] = count.get(role, 0) + 1
            head.append(
                names[role] if count[role] == 1 and role != "-" else f"{names[role]} {count[role]}"
            )
        writer.writerow(head)
    day, balance = first, Decimal("2000.00")
    comma = (known.country in _COMMA and known.delimiter != ",") or known.delimiter == ";"
    truth = []
    for n in range(rows):
        money_in = n in (2, 9, 17)
        amount = (
            Decimal(rng.randrange(120, 180_000 if money_in else 9_000))
            / 100
            * (1 if money_in else -1)
        )
        what = rng.choice(_IN if money_in else _OUT)
        balance += amount
        truth.append(Truth(day, amount, what))
        cells = [
            _cell(
                known,
                at,
                role,
                truth[-1],
                n,
                comma,
                fillers,
                balance if at == after_amount else None,
                balance,
            )
            for at, role in enumerate(known.columns)
        ]
        writer.writerow(cells)
        day += timedelta(days=rng.choice((0, 1, 1, 2, 3)))
    for _ in range(known.lines_after):
        stream.write("Closing balance\r\n")
    encoding = "cp1250" if known.country in ("cz", "sk", "hu", "pl") else "utf-8"
    return stream.getvalue().encode(encoding, errors="replace"), truth


def _balance_at(known: Known) -> int:
    """A column that the catalogue passes over holds the running balance, as it does in life."""
    if "balance" in known.columns:
        return -1
    money = max(
        at for at, role in enumerate(known.columns) if role in ("amount", "money_out", "money_in")
    )
    free = [at for at, role in enumerate(known.columns) if role == "-" and at > money]
    return free[0] if free else -1


def _filler(rng: random.Random, n: int) -> list[str]:
    kinds = [
        ["Card", "Transfer", "Standing order"],
        [""],
        ["DEUTDEFF", "COBADEFF"],
        ["x"],
        ["A-17", "B-22", "C-5"],
        [""],
    ]
    return kinds[(n + rng.randrange(2)) % len(kinds)]


def _cell(known, at, role, row, n, comma, fillers, own_balance, balance) -> str:  # type: ignore[no-untyped-def]
    def money(value: Decimal) -> str:
        return f"{value:.2f}".replace(".", ",") if comma else f"{value:.2f}"

    if own_balance is not None or role == "balance":
        return money(balance)
    if role in ("booked_on", "value_on"):
        return written(row.day, known.written, n)
    if role == "amount":
        if known.sign == "direction":
            return money(abs(row.amount))
        return money(-row.amount if known.sign == "reversed" else row.amount)
    if role in ("money_out", "money_in"):
        if (row.amount < 0) != (role == "money_out"):
            return ""
        return money(row.amount if known.out_negative and role == "money_out" else abs(row.amount))
    if role == "direction":
        way_in, way_out = known.in_and_out or ("Credit", "Debit")
        return way_in if row.amount > 0 else way_out
    if role in ("text", "counterparty"):
        own = [i for i, r in enumerate(known.columns) if r in ("text", "counterparty")]
        return row.text if at == own[0] else f"{row.text} {n + 1:03}"
    if role == "currency":
        return _CURRENCY.get(known.country, "EUR")
    if role == "account":
        return "NL00BANK0123456789"
    if role == "category":
        return ("Groceries", "Leisure", "Home")[n % 3]
    if role in ("reference", "provider_id"):
        return f"R{7919 * (n + 3)}"
    return str(fillers[at][n % len(fillers[at])])


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def written(day: date, pattern: str, n: int) -> str:
    """The day in the pattern that the catalogue states (of Python, or of PHP)."""
    pattern = pattern.removeprefix("fr:") or "%Y-%m-%d"
    php = "%" not in pattern
    clock = f"{8 + n % 12:02}:{n % 60:02}"
    known = {
        "d": f"{day.day:02}", "m": f"{day.month:02}", "Y": str(day.year), "y": f"{day.year % 100:02}",
        "j": str(day.day), "n": str(day.month), "b": _MONTHS[day.month - 1],
        "M": _MONTHS[day.month - 1] if php else f"{n % 60:02}",
        "H": clock[:2], "i": clock[3:], "g": str(8 + n % 4), "s": "07", "S": "07", "a": "AM", "P": "+02:00", "T": "T",
    }  # fmt: skip
    found, chars = [], iter(pattern)
    for c in chars:
        if c == "%" or c == "\\":
            c = next(chars)
            found.append(known.get(c, c))
        else:
            found.append(known.get(c, c) if php else c)
    return "".join(found)
