"""Small ledgers of one owner with known transfers and refunds, and with what only looks like them.

A case holds a handful of lines of two to four accounts: ordinary payments, one or two true pairs, and
look-alikes of equal amount: rent of the same sum, money of a friend, wages, cash taken out and paid in, a
second purchase, a purchase at a shop that also pays wages. Texts are in the manner of many banks, some
say plainly what they are, some hardly at all.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

CASES = 2_000
SEED = 20261125

SHOPS = """
STARBUCKS STORE 12345 SEATTLE WA|REWE SAGT DANKE 4711|TESCO STORES 3214 LONDON GB|AMZN Mktp US*2K4RT|
IKEA BERLIN TEMPELHOF|H&M 0421 PRAHA|ZARA 1123 MADRID ES|SHELL OIL 57444 AUSTIN TX|ALBERT HEIJN 1521|
BEST BUY 00012 RICHFIELD MN|LIDL 0212 BRNO CZ|DECATHLON 331 LILLE FR|Target 00023341 DENVER CO|
APPLE.COM/BILL CUPERTINO|WALMART SC 0881|EDEKA CENTER 221|NIKE FACTORY 88|Uniqlo 5 Ave New York NY|
MediaMarkt 0331 Koeln|CARREFOUR MARKET 12|Sephora 0091|HOME DEPOT 4410|Zalando SE Berlin|BOOTS 1442 YORK
""".replace("\n", "").split("|")
SMALL = """
COFFEE CORNER 221|BUS TICKET 0032|BAKERY MUELLER|PHARMACY 33|NEWSAGENT 7|CITY PARKING 0091|CINEMA STAR 4
""".replace("\n", "").split("|")
EMPLOYERS = """
ACME CORP PAYROLL|GEHALT NOVEMBER MUSTER GMBH|SALARY NORTHWIND LTD|ADP PAYROLL CONTOSO|VIREMENT SALAIRE EXEMPLE SA
""".replace("\n", "").split("|")
FRIENDS = """
ZELLE PAYMENT FROM SAM|VENMO PAYMENT|Bizum de Alex|Zelle to Kim|CASH APP*KIM
""".replace("\n", "").split("|")
RENTS = ["RENT PAYMENT UNIT 4", "MIETE WOHNUNG 12", "LOYER NOVEMBRE", "MONTHLY RENT FLAT 9"]
# Both sides speak: text out, text in; {o} and {i} are the last digits of the other account's number.
SPOKEN = (
    ("ONLINE TRANSFER TO SAV ...{i}", "ONLINE TRANSFER FROM CHK ...{o}"),
    ("Umbuchung auf Konto {i}", "Umbuchung von Konto {o}"),
    ("VIREMENT INTERNE", "VIREMENT INTERNE"),
    ("Transfer to savings", "Transfer from current account"),
    ("PREVOD MEZI VLASTNIMI UCTY {i}", "PREVOD MEZI VLASTNIMI UCTY {o}"),
    ("Funds transfer to own acct {i}", "Funds transfer from acct {o}"),
)
# One side speaks, the other says next to nothing.
HALF = (
    ("ONLINE TRANSFER TO XXXX{i} REF 88412", "DEPOSIT 88412"),
    ("Ueberweisung 2231 an {i}", "GUTSCHRIFT 2231"),
    ("WITHDRAWAL 7712", "TRANSFER FROM CHECKING 7712"),
    ("STANDING ORDER 0012", "Transfer from ****{o}"),
    ("Bonifico 11 verso {i}", "ACCREDITO"),
    ("ACCT XFER 00912", "CREDIT 00912"),
)
CARDS = (
    ("CHASE CREDIT CRD AUTOPAY 0091", "PAYMENT THANK YOU-MOBILE"),
    ("KREDITKARTENABRECHNUNG {i}", "ZAHLUNG ERHALTEN"),
    ("CARD BILL PAYMENT {i}", "Payment received thank you"),
    ("AMEX EPAYMENT ACH PMT", "ELECTRONIC PAYMENT RECEIVED"),
)
REFUNDS = (
    "{shop}",
    "{shop} REFUND",
    "REFUND {shop}",
    "RETOURE {shop}",
    "{shop} RETURN",
    "REVERSAL {shop}",
)


@dataclass(frozen=True)
class Account:
    id: int
    kind: str
    tail: str
    name: str


@dataclass(frozen=True)
class Row:
    id: int
    account: int
    day: date
    amount: Decimal
    text: str


@dataclass
class Case:
    """One owner's ledger, and its true pairs as (out, in)."""

    accounts: list[Account]
    rows: list[Row] = field(default_factory=list)
    transfers: set[tuple[int, int]] = field(default_factory=set)
    refunds: set[tuple[int, int]] = field(default_factory=set)
    planted: list[str] = field(default_factory=list)


class _Maker:
    def __init__(self, chance: random.Random, number: int) -> None:
        self.chance = chance
        names = ["Everyday account", "Rainy day savings", "Blue card", "Holiday fund"]
        kinds = ["current", "savings", "card", "savings"]
        tails = chance.sample(range(1000, 9999), 4)
        n = chance.choice((2, 3, 3, 4))
        self.case = Case([Account(i + 1, kinds[i], str(tails[i]), names[i]) for i in range(n)])
        self.start = date(2026, 1, 1) + timedelta(days=chance.randrange(200))
        self.next = number * 1_000

    def day(self, low: int = 20, high: int = 70) -> date:
        return self.start + timedelta(days=self.chance.randrange(low, high))

    def amount(self) -> Decimal:
        if self.chance.random() < 0.5:
            return Decimal(
                self.chance.choice((20, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 800))
            )
        return Decimal(self.chance.randrange(500, 90_000)) / 100

    def row(self, account: int, day: date, amount: Decimal, text: str) -> int:
        self.next += 1
        self.case.rows.append(Row(self.next, account, day, amount, text))
        return self.next

    def other_than(self, account: int) -> int:
        return self.chance.choice([a.id for a in self.case.accounts if a.id != account])

    # -- true pairs -------------------------------------------------------------------------------

    def transfer(self, texts: tuple[tuple[str, str], ...]) -> Decimal:
        chance = self.chance
        out = (
            1 if chance.random() < 0.7 else self.other_than(3 if len(self.case.accounts) > 2 else 2)
        )
        into = self.other_than(out)
        return self._moved(out, into, chance.choice(texts))

    def card_payment(self) -> Decimal:
        card = next((a.id for a in self.case.accounts if a.kind == "card"), None)
        if card is None:
            return self.transfer(SPOKEN)
        return self._moved(1, card, self.chance.choice(CARDS))

    def _moved(self, out: int, into: int, texts: tuple[str, str]) -> Decimal:
        tails = {a.id: a.tail for a in self.case.accounts}
        words = {"o": tails[out], "i": tails[into]}
        day, amount = self.day(), self.amount()
        gap = self.chance.choices((-1, 0, 1, 2, 3, 4), (1, 8, 6, 2, 2, 1))[0]
        first = self.row(out, day, -amount, texts[0].format(**words))
        second = self.row(into, day + timedelta(days=gap), amount, texts[1].format(**words))
        self.case.transfers.add((first, second))
        return amount

    def refund(self, *, part: bool) -> None:
        chance = self.chance
        shop = chance.choice(SHOPS)
        account, day, amount = (
            chance.choice([a.id for a in self.case.accounts]),
            self.day(),
            self.amount(),
        )
        if amount < 8:
            amount += 8
        first = self.row(account, day, -amount, shop)
        back = (amount * chance.choice((1, 2, 3)) / 4).quantize(Decimal("0.01")) if part else amount
        # A part of the money without a word of it is nobody's to tell.
        text = chance.choice(REFUNDS[1:] if part else REFUNDS).format(shop=shop)
        second = self.row(account, day + timedelta(days=chance.randrange(0, 45)), back, text)
        self.case.refunds.add((first, second))

    # -- look-alikes ------------------------------------------------------------------------------

    def alike(self, amount: Decimal) -> None:
        chance, day = self.chance, self.day()
        account = chance.choice([a.id for a in self.case.accounts])
        other = self.other_than(account)
        near = day + timedelta(days=chance.randrange(0, 4))
        kind = chance.randrange(11)
        if kind == 0:  # rent of the very sum that a friend pays back
            self.row(account, day, -amount, chance.choice(RENTS))
            self.row(other, near, amount, chance.choice(FRIENDS))
        elif kind == 1:  # wages of the sum of a rent
            self.row(account, day, -amount, chance.choice(RENTS))
            self.row(other, near, amount, chance.choice(EMPLOYERS))
        elif kind == 2:  # cash out, cash in
            self.row(account, day, -amount, "ATM WITHDRAWAL 004412")
            self.row(other, near, amount, "CASH DEPOSIT BRANCH 12")
        elif kind == 3:  # two equal purchases, nothing back
            shop = chance.choice(SHOPS)
            self.row(account, day, -amount, shop)
            self.row(account, near, -amount, shop)
        elif (
            kind == 4
        ):  # a purchase, and a refund of the same sum by another shop to another account
            one, two = chance.sample(SHOPS, 2)
            self.row(account, day, -amount, one)
            first = self.row(other, day, -amount, two)
            self.case.refunds.add((first, self.row(other, near, amount, f"REFUND {two}")))
        elif kind == 5:  # interest and a fee
            self.row(account, day, -amount, "MONTHLY SERVICE FEE")
            self.row(other, near, amount, "INTEREST PAYMENT RECEIVED")
        elif kind == 6:  # a transfer to somebody else, a friend's payment
            self.row(account, day, -amount, chance.choice(FRIENDS))
            self.row(other, near, amount, chance.choice(FRIENDS))
        elif kind == 7:  # wages by a shop where money is spent too
            self.row(account, day, -amount, "TARGET 00023341 DENVER CO")
            self.row(account, near, amount, "TARGET CORP PAYROLL")
        elif kind == 8:  # to somebody's account, and from somebody else's
            self.row(account, day, -amount, "ONLINE TRANSFER TO XXXX0017 REF 5521")
            self.row(other, near, amount, "TRANSFER FROM ****0029")
        elif kind == 9:
            self.row(
                account,
                day,
                -amount,
                chance.choice(("Ueberweisung an Sam Muster", "TRANSFER TO KIM ROE")),
            )
            self.row(
                other,
                near,
                amount,
                chance.choice(("Ueberweisung von Kim Beispiel", "TRANSFER FROM SAM DOE")),
            )
        else:  # the sum of a purchase far apart in time
            self.row(account, day, -amount, chance.choice(SHOPS))
            self.row(other, day + timedelta(days=12), amount, "DEPOSIT 4431")


def cases(*, n: int = CASES, seed: int = SEED) -> Iterator[Case]:
    """`n` cases, the same for the same seed."""
    chance = random.Random(seed)
    for number in range(n):
        maker = _Maker(chance, number)
        sums = [Decimal(chance.choice((50, 100, 200)))]
        for _ in range(chance.choice((1, 1, 2, 3))):
            kind = chance.randrange(6)
            if kind in (0, 1):
                sums.append(maker.transfer(SPOKEN if kind else HALF))
            elif kind == 2:
                sums.append(maker.card_payment())
            elif kind in (3, 4):
                maker.refund(part=kind == 4)
        for _ in range(chance.choice((0, 1, 2, 3))):
            maker.alike(chance.choice(sums))
        for _ in range(chance.randrange(4, 16)):
            account = chance.choice([a.id for a in maker.case.accounts])
            maker.row(account, maker.day(0, 90), -maker.amount(), chance.choice(SHOPS + SMALL))
        maker.case.rows.sort(key=lambda row: (row.day, row.id))
        yield maker.case
