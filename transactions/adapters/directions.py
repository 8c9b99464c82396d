"""Words that say which way money went, and words that mark a row as no transaction."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from transactions.adapters.words import fold, phrases, vocabulary

_OUT = phrases("""
    debit|debits|dr|d|db|deb|dbit|out|o|withdrawal|w|af|soll|s|debet|debito|cargo|dare|vydaj
    vyber|expense|expenses|ausgabe|outgoing|obciazenie|uttag|sale|purchase|fee|ud|paid out|money out
    sortie|depense|gasto|uscita|charge|debit card|ausgang|belastung|lastschrift|uitgaven|odchozi|t
""")
_IN = phrases("""
    credit|credits|cr|c|cred|k|in|i|deposit|bij|haben|h|credito|kredit|kredyt|abono|avere|prijem
    income|einnahme|incoming|uznanie|insattning|refund|return|ind|paid in|money in|entree|recette
    ingreso|entrata|interest|eingang|gutschrift|inkomsten|prichozi|dslip|j
""")
_DIRECTION = {**dict.fromkeys(_OUT, -1), **dict.fromkeys(_IN, 1)}
_SIGNS = {"+": 1, "-": -1}
# Longer words that start a cell ("Debit Card Purchase", "Credit memo") count where no exact one is.
_STARTS = re.compile(r"(debit|withdrawal|purchase|ausgabe|expense)|(credit|deposit|income|refund)")


def direction(cell: str) -> int:
    """-1 where the cell says money out, +1 money in, 0 neither."""
    key = cell.strip().casefold()
    if key in _SIGNS:
        return _SIGNS[key]
    folded = fold(key)
    if known := _DIRECTION.get(folded):
        return known
    start = _STARTS.match(folded)
    return 0 if not start else (-1 if start[1] else 1)


def directions_of(cells: Iterable[str], *, named: bool) -> Mapping[str, int] | None:
    """The reading of a column as in-or-out flags, or None if it is no such column.

    Single letters count only as a pair (I and O, S and H) or under a heading that says so.
    """
    counts: dict[str, int] = {}
    for cell in cells:
        key = cell.strip().casefold()
        if key:
            counts[key] = counts.get(key, 0) + 1
    known = {key: direction(key) for key in counts if direction(key)}
    total = sum(counts.values())
    if not total or not known or len(known) > 12:
        return None
    covered = sum(counts[key] for key in known) / total
    both = len(set(known.values())) == 2
    if covered < (0.8 if both or named else 0.95):
        return None
    if not named and not both and any(len(key) < 4 for key in known):
        return None
    return known


def complete(known: Mapping[str, int]) -> dict[str, int]:
    """The flags seen, and their partners that this file did not happen to hold."""
    pairs = (
        ("debit", "credit"), ("dr", "cr"), ("d", "c"), ("o", "i"), ("s", "h"), ("af", "bij"),
        ("out", "in"), ("withdrawal", "deposit"), ("debet", "credit"), ("expense", "income"),
        ("soll", "haben"), ("-", "+"), ("ausgang", "eingang"), ("výdaj", "příjem"),
        ("vydaj", "prijem"), ("cargo", "abono"), ("dare", "avere"),
    )  # fmt: skip
    flags = dict(known)
    for out, back in pairs:
        if flags.get(out) == -1:
            flags.setdefault(back, 1)
        if flags.get(back) == 1 and not any(s < 0 for s in known.values()):
            flags.setdefault(out, -1)
    return flags


_CARRIED = r"""
    (?:opening|beginning|starting|closing|ending|previous|current|available|ledger|final|new)[ ]
        (?:ledger[ ])?balance
    |balance|saldo|kontostand|solde|zustatek
    |balance[ ](?:brought|carried)[ ]forward
    |(?:anfangs|end|alter[ ]|neuer[ ]|start|begin|eind|begin[ ]|eind[ ])saldo|saldovortrag
    |saldo[ ](?:inicial|final|iniziale|finale|anterior|precedente|poczatkowe|koncowe)
    |solde[ ](?:initial|precedent)|(?:pocatecni|konecny)[ ](?:zustatek|stav)
    |(?:ingaende|utgaende)[ ]saldo
"""
_TOTAL = r"""
    (?:grand[ ]|sub[ ]?)?totals?
    |total[ ](?:credits?|debits?|amount|in|out|deposits|withdrawals)
    |summe|gesamt(?:summe|betrag)?|zwischensumme|somme|suma|totaal|totale|celkem|razem|sum
"""
_DAY_TAIL = r"""
    (?:[ ](?:as[ ]of|on|at|per|zum|vom|am|au|al|del?|k))?
    (?:[ ](?:\w*[0-9]\w*|[a-z]{3,9}(?=[ ][0-9])))*
"""
_CARRIED_ROW = re.compile(rf"(?:{_CARRIED}){_DAY_TAIL}", re.VERBOSE)
_CARRIED_HINT = re.compile("balan|sald|solde|z.statek|kontostand", re.IGNORECASE).search
_TOTAL_ROW = re.compile(rf"(?:{_TOTAL})(?:[ ][0-9].*)?", re.VERBOSE)
_NOTE_ROW = re.compile(r"(?:hinweis|note|notice|disclaimer|attention|remark|info|end of)\b.*")


def balance_row(text: str) -> bool:
    """Whether the text of a row only states a balance (opening, closing, carried forward)."""
    if _CARRIED_HINT(text) is None:  # nearly every row of a large file
        return False
    return len(text) < 80 and _CARRIED_ROW.fullmatch(fold(text)) is not None


def summary_row(text: str) -> bool:
    """Whether the text is that of a total or balance row."""
    if len(text) >= 80:
        return False
    folded = fold(text)
    return bool(_TOTAL_ROW.fullmatch(folded) or _CARRIED_ROW.fullmatch(folded))


def note_row(text: str) -> bool:
    """Whether the text announces itself as a note."""
    return _NOTE_ROW.fullmatch(fold(text[:200])) is not None


_VOID = vocabulary("""
    declined denied failed reverted cancelled canceled rejected reversed void abgelehnt storniert
    refuse annule rechazada rechazado rifiutato zamitnuto odmitnuto odrzucona geweigerd geannuleerd
""")
_PENDING = vocabulary("""
    pending authorized authorised vorgemerkt offen pendiente reserved reserverad blokace processing
    afwachting attente attesa
""")


@lru_cache(maxsize=1024)
def status_of(cell: str) -> str:
    """`posted`, `pending`, or `void` for what the bank says never happened."""
    words = fold(cell).split()
    if any(w in _VOID for w in words):
        return "void"
    return "pending" if any(w in _PENDING for w in words) else "posted"


# Votes on the sign of a column: what is surely money in, what is surely money out.
_IN_TEXT = re.compile(
    r"""\b(?:
    payroll|salary|wages?|gehalt|lohn|nomina|stipendio|salaire|mzda|vyplata|
    direct[ ]dep(?:osit)?|deposit|interest[ ](?:paid|earned)|dividend|refund|rebate|
    cash[ ]?back|gutschrift|reversal|payments?[ ](?:received|thank)|thank[ ]you|autopay[ ]payment|
    internet[ ]payment[ ]thank|online[ ]payment[ ]thank|pension(?![ ]contrib)|rente|kindergeld|tax[ ]ref|
    credits?(?![ ](?:card|crd|union|karma|one|line|memo))|
    transfer[ ]from|zelle[ ](?:payment[ ])?from|received[ ]from|income(?![ ]tax)|paycheck|
    second[ ]work|bonus|benefit|reimbursements?|payments?[ ]and[ ]credits?
    )\b""",
    re.VERBOSE,
)
_OUT_TEXT = re.compile(
    r"""\b(?:
    purchase|pos|atm|withdraw(?:al)?|fee|fees|direct[ ]debit|lastschrift|kartenzahlung|
    kartenkauf|bankomat|uber|lyft|taxi|amazon|amzn|netflix|spotify|restaurant\w*|market|
    mkt\w*|supermarket\w*|coffee|starbucks|grocer\w*|pharmacy|rent|rental|insurance|bakery|
    diner|dining|pizza|sushi|noodles?|bar|grill|cafe|hotel|airlines?|air|walmart|target|
    costco|kroger|aldi|lidl|rewe|edeka|tesco|sainsburys?|hofer|spar|carrefour|shell|exxon|
    chevron|texaco|gas|fuel|petrol|apple[ ]com|itunes|google|steam|store|shop|shopping|
    mcdonald\w*|burger|chipotle|subway|bill|bills|utilit\w+|mortgage|
    subscription|parking|theat(?:er|re)|cinema|gym|fitness|clothing|electric\w*|mobile|
    internet[ ]bill|transfer[ ]to|zelle[ ](?:payment[ ])?to|food|transport\w*|travel|health|
    education|entertainment|tram|merchandise|gasoline|debit[ ]card|checkcard|miete|strom|
    versicherung|supermarche|loyer|einkauf|boulangerie|farmacia|gasolinera|supermercado|
    albert|potraviny|nakup|platba[ ]kartou|sale|deliveroo|doordash|wholefds|whole[ ]foods|
    trader[ ]joe\w*|walgreens|cvs|paygo|mta|toll|mart
    )\b""",
    re.VERBOSE,
)


@lru_cache(maxsize=65536)
def lean(text: str) -> int:
    """+1 where the words are those of money coming in, -1 of money spent, 0 for neither."""
    folded = fold(text[:200])
    coming, going = bool(_IN_TEXT.search(folded)), bool(_OUT_TEXT.search(folded))
    return coming - going
