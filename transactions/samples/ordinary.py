"""An ordinary customer's months: pay, bills, shops, savings, card, loan, sometimes a trip."""

from random import Random

from transactions.samples.habits import Habits, season
from transactions.samples.life import Account, Life, Month, working_day_before
from transactions.samples.places import SHOPS, Shop

_RAISE = 1.028
_BENEFIT_SHARE = 0.55


def _paid(life: Life, habits: Habits, month: Month, chance: Random) -> int:
    """Write the month's income; returns what came in, for the months to be planned by."""
    current = life.accounts["current"]
    raises = (month.index + 12 - (month.number - habits.raise_month) % 12) // 12
    income = int(habits.income * _RAISE**raises)
    if habits.irregular:
        parts = chance.randint(1, 3)
        total = 0
        for part in range(parts):
            minor = int(income / parts * chance.uniform(0.6, 1.4))
            day = month.day(chance.randint(3, 28))
            text = f"{habits.income_text} {month.number:02d}{part + 1} {habits.income_from.upper()}"
            life.say(current, day, minor, text, habits.income_from, habits.income_category)
            total += minor
        return total
    day = working_day_before(month.day(habits.pay_day))
    if month.index >= habits.loses_job_at:
        income = int(habits.income * _BENEFIT_SHARE)
        life.say(current, working_day_before(month.last_day), income,
                 "UNEMPLOYMENT BENEFIT EMPLOYMENT OFFICE", "Employment Office",
                 "unemployment")  # fmt: skip
        return income
    text = f"{habits.income_text} {habits.income_from.upper()}"
    life.say(current, day, income, text, habits.income_from, habits.income_category)
    if month.number == 12 and habits.income_category == "wages" and habits.raise_month == 1:
        life.say(current, day, income // 2, f"ANNUAL BONUS {habits.income_from.upper()}",
                 habits.income_from, "bonus")  # fmt: skip
    return income


def _baskets(habits: Habits, free: int) -> float:
    """How much fuller than usual this person's baskets are, so that they shop `visits` times."""
    expected = sum(
        free * share * habits.activity / (100 * sum(s.low + s.high for s in shops) / len(shops) / 2)
        for (kind, share), shops in zip(habits.shares.items(), habits.shops.values(), strict=True)
    )
    return max(1.0, expected / habits.visits)


def _price(shop: Shop, chance: Random, month: Month, fuller: float = 1.0) -> int:
    dearer = fuller * 1.02 ** (month.index / 12)
    return int(chance.triangular(shop.low, shop.high, shop.low + (shop.high - shop.low) * 0.3)
               * 100 * dearer)  # fmt: skip


def _shopping(life: Life, habits: Habits, month: Month, chance: Random, free: int) -> int:
    """Spend the free money in shops; returns what went on the card."""
    current = life.accounts["current"]
    card = life.accounts.get("card")
    on_card = 0
    fuller = _baskets(habits, free)
    for kind, share in habits.shares.items():
        left = free * share * habits.activity * season(kind, month.number)
        left *= chance.uniform(0.85, 1.15)
        shops = habits.shops[kind]
        while True:
            shop = shops[0] if chance.random() < 0.6 else chance.choice(shops)
            minor = _price(shop, chance, month, fuller)
            # The last purchase is made with the chance that keeps the mean where it belongs.
            if left < minor and chance.random() * minor > left:
                break
            left -= minor
            account = card if card is not None and chance.random() < 0.55 else current
            store = 100 + sum(map(ord, shop.name)) % 400
            day = month.day(chance.randint(1, 31))
            if life.buy(account, day, shop, minor, store=store) and account is card:
                on_card += minor
            if kind == "shopping" and chance.random() < 0.07:
                back = month.day(min(31, day.day + chance.randint(3, 9)))
                if life.buy(account, back, shop, -minor, store=store) and account is card:
                    on_card -= minor
            if left <= 0:
                break
    return on_card


def _trip(life: Life, account: Account, month: Month, chance: Random, income: int) -> int:
    """A holiday or a repair: what makes one month stand out. Returns what it cost."""
    spent = 0
    if month.number in (7, 8) and chance.random() < 0.35:
        for shop in SHOPS["travel"]:
            minor = int(income * chance.uniform(0.05, 0.14))
            if life.buy(account, month.day(chance.randint(2, 20)), shop, minor):
                spent += minor
    elif chance.random() < 0.03:
        shop = SHOPS["car"][0]
        minor = _price(shop, chance, month)
        if life.buy(account, month.day(chance.randint(3, 27)), shop, minor):
            spent += minor
    return spent


def live(life: Life, habits: Habits) -> None:
    """All months of an ordinary customer."""
    current = life.accounts["current"]
    card, savings = life.accounts.get("card"), life.accounts.get("savings")
    loan = life.accounts.get("loan")
    owed = -card.opening if card is not None else 0
    for month in life.months:
        if month.last_day < life.start:
            continue
        chance = life.chance(month)
        quiet = month.index >= habits.quiet_from
        income = _paid(life, habits, month, chance)
        if quiet:
            # The pay goes on to another bank: the account is left, not closed.
            life.say(current, month.day(29), -int(income * 0.96), "TRANSFER TO REVOLUT",
                     "Own account elsewhere", "own_transfer")  # fmt: skip
            continue
        spent = 0
        for bill in habits.bills:
            minor = bill.due(month.index, month.number)
            if minor:
                life.pay(current, month.day(bill.day), minor, bill.to, bill.category,
                         what=bill.what)  # fmt: skip
                spent += minor
        saving = habits.saving if month.index < habits.loses_job_at else 0
        if savings is not None and saving:
            life.move(current, savings, month.day(habits.saving_day), saving, "savings_transfer")
        free = max(income - spent - saving, int(income * 0.25))
        if loan is not None:
            rate, interest = int(habits.income * 0.06), int(habits.income * 0.012)
            free -= rate + interest
            life.move(current, loan, month.day(6), rate, "loan_principal")
            life.pay(current, month.day(6), interest, "Loan interest", "interest_paid")
        if card is not None and owed > 0:
            life.move(current, card, month.day(habits.card_day), owed, "card_payment")
        owed = _shopping(life, habits, month, chance, free)
        owed += _trip(life, card or current, month, chance, income) if card else 0
        if chance.random() < 0.45:
            life.say(current, month.day(chance.randint(1, 28)), -chance.choice((3000, 5000, 10000)),
                     "ATM WITHDRAWAL", "Cash machine", "cash_withdrawal")  # fmt: skip
        if savings is not None and month.number % 3 == 0:
            life.say(savings, month.last_day, 120 + chance.randint(0, 900), "INTEREST EARNED",
                     "Interest", "interest_earned")  # fmt: skip
        if month.number in (6, 12):
            life.say(current, month.last_day, -chance.choice((450, 590, 750)),
                     "ACCOUNT FEE", "Bank", "account_fees")  # fmt: skip
    _foreign(life)


def _foreign(life: Life) -> None:
    """The few accounts in another currency: a little pay, a few shops abroad."""
    account = life.accounts.get("foreign")
    if account is None:
        return
    unit = {"JPY": 120, "KWD": 300}.get(account.currency, 100)
    for month in life.months:
        chance = life.chance(month)
        if chance.random() < 0.5:
            minor = unit * chance.randint(200, 700) + chance.randint(0, 99)
            life.say(account, month.day(11), minor,
                     "FREELANCE INVOICE OVERSEAS", "Overseas client", "self_employed")  # fmt: skip
        for _ in range(chance.randint(0, 2)):
            shop = chance.choice(SHOPS["dining"] + SHOPS["shopping"])
            minor = unit * chance.randint(shop.low, shop.high) + chance.randint(0, 99)
            life.buy(account, month.day(chance.randint(2, 27)), shop, minor)
