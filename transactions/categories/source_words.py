"""The words that banks, card issuers and other programs use for a category, and ours for each.

`source_match` also tells how firmly the word speaks: Discover's "Merchandise" covers anything
sold, so a known merchant may say more than it does.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from transactions.categories.mcc import map_mcc
from transactions.categories.plaid import PLAID_DETAILED, PLAID_PRIMARY
from transactions.categories.tree import BY_CODE, CATEGORIES

FIRM = 0.95
VAGUE = 0.65


@dataclass(frozen=True, slots=True)
class SourceMatch:
    """A category read from the source's own word, and how sure that reading is (0–1)."""

    code: str
    confidence: float


# Each line: our code, then the words, separated by commas. Compared without case and signs.
_FIRM_WORDS: dict[str, str] = {
    "groceries": "groceries, grocery, daily groceries, supermarkets, supermarket, food shopping,"
    " lebensmittel, alimentation, boodschappen, supermercado, potraviny",
    "supermarket": "warehouse clubs, wholesale clubs, grocery stores, food",
    "alcohol_shop": "liquor, liquor stores, beer wine and liquor",
    "convenience_store": "convenience stores, corner shop",
    "dining": "dining, food and drink, food and dining, food drink, eating out, drinks, going out,"
    " food and beverage, essen und trinken, food out",
    "restaurants": "restaurants, restaurant, restaurant restaurant, restaurants and bars",
    "fast_food": "fast food, junk food, takeaway, take away, takeout, fast food and takeouts,"
    " fast food and takeaway, food delivery",
    "coffee": "coffee shops, coffee, coffee shop, cafe, cafes, bakery, restaurant bar and cafe",
    "bars": "alcohol and bars, bars, bar, pubs, pub, alcohol",
    "housing": "house, home, housing, wohnen, bydleni, mortgage and rent",
    "rent": "rent, miete, loyer, huur, rent and utilities rent",
    "mortgage": "mortgage, mortgages, mortgage payment, hypothek, bond payment",
    "household_payment": "household, household payments, sipo",
    "home_improvement": "home improvement, home and garden, garden, diy, lawn and garden,"
    " home supplies",
    "furniture": "furniture, furnishings, furniture and appliances",
    "home_services": "home services, home maintenance, repairs",
    "utilities": "utilities, utility, bills and utilities, bills, bills and services,"
    " bill payment, versorgung",
    "energy": "electricity, gas and electricity, energy, power, electric, heating, gas bill,"
    " electricity and gas",
    "water": "water, water and waste, trash, waste, sewage, water bill",
    "internet": "internet, cable, internet and cable, internet cable, internet services,"
    " broadband, phone cable, tv and internet",
    "phone": "phone, mobile phone, mobile, telephone, home phone, cell phone, cellular,"
    " wireless services, telecommunications, telefon",
    "transport": "transport, transportation, auto and transport, transit, commute, mobility,"
    " auto transport, transportation other transportation",
    "fuel": "fuel, gas, gas and fuel, gasoline, gas automotive, petrol, gas stations, petrol fuel,"
    " transportation fuel, tanken",
    "public_transport": "public transport, public transportation, bus, metro, train tickets,"
    " transit pass, transportation rail services",
    "taxi": "taxi, taxis, ride share, rideshare, rental car and taxi, rental car taxi,"
    " ride sharing, taxis and coach",
    "parking_tolls": "parking, tolls, parking and tolls, parking tolls",
    "car_costs": "automotive, auto, car, service and parts, auto and vehicle, vehicle,"
    " automobile, car repair, service parts, car maintenance, auto maintenance,"
    " automotive expenses",
    "bikes_scooters": "bikes, bicycle, scooters, bike",
    "shopping": "shopping, merchandise and inventory, einkaufen, nakupy, personal shopping",
    "clothing": "clothing, clothes, shoes, apparel, fashion, clothing and accessories, kleidung,"
    " clothing and shoes, jewelry",
    "online_shopping": "online shopping, online purchase, online shops, online marketplaces",
    "department_store": "department stores, department store, discount stores",
    "books": "books, bookstores, newspapers, newspapers and magazines, magazines, books and papers",
    "sports_hobby": "sporting goods, hobbies, hobby, sport, sports, toys, arts and crafts",
    "tobacco": "tobacco, smoking, tobacco and smoking, cigarettes",
    "travel": "travel, vacation, holidays, holidays and travel, holiday, travel entertainment,"
    " travel and vacation, reisen, voyages, trip, trips",
    "flights": "flights, air travel, airfare, airlines, airline, flight, travel airline",
    "lodging": "lodging, hotel, hotels, accommodation, travel lodging",
    "car_rental": "car rental, rental car, rental cars, car hire",
    "health": "health, health and wellness, health and medical, medical, health and fitness,"
    " healthcare, medical services, gesundheit, zdravi, health care, medical health wellness",
    "doctor": "doctor, hospital, doctors, physician",
    "dentist": "dentist, dental",
    "pharmacy": "pharmacy, pharmacies, drugstores, drugstore, vitamins and supplements,"
    " drug stores",
    "eye_care": "eyecare, eye care, optician",
    "fitness": "gym, fitness, gyms, sports club",
    "personal_care": "personal care, beauty, health and beauty, self care, spa and massage, spa",
    "hair_beauty": "hair, haircut, hairdresser, hair and beauty, makeup, barber",
    "laundry": "laundry, dry cleaning",
    "entertainment": "entertainment, leisure, leisure and entertainment, fun, recreation,"
    " freizeit, zabava",
    "streaming": "movies and dvds, movies, television, tv, movies dvds, streaming, movies and tv,"
    " subscriptions, subscription, tv and movies",
    "music": "music, music and audio",
    "games": "games, video games, gaming",
    "events": "amusement, events, arts, concerts, museums, theatre, sporting events",
    "gambling": "gambling, lottery, betting, casino",
    "technology": "technology, tech, computers and software",
    "electronics": "electronics, electronics and software, computers, hardware, electronics"
    " and appliances, consumer electronics",
    "software_cloud": "software, cloud, apps, hosting, online services",
    "education": "education, university, school, bildung, vzdelani",
    "tuition": "tuition, school fees, college",
    "courses": "courses, training, learning, books and supplies",
    "insurance": "insurance, general insurance, pojistne, versicherung, assurance, verzekering",
    "car_insurance": "auto insurance, car insurance, vehicle insurance",
    "health_insurance": "health insurance, medical insurance, medical aid",
    "home_insurance": "home insurance, household insurance",
    "life_insurance": "life insurance, funeral cover",
    "family": "family, kids, children, familie",
    "childcare": "childcare, child care, babysitter, daycare, baby supplies, kids activities, baby,"
    " child support, allowance",
    "pets": "pets, cats, dogs, pet food, pet supplies, pet food and supplies, pet",
    "veterinary": "veterinary, vet",
    "gifts": "gifts, gift, geschenke, gifts and novelties",
    "giving": "giving, charity, charitable giving, gifts and donations, charities",
    "donations": "donations, donation, spenden",
    "memberships": "memberships, membership, club fees, membership fees",
    "loan_payments": "loan payments, loans, loan payment, general loan repayment, uver, loan,"
    " loan repayment, debt, debt payments",
    "car_loan": "auto payment, car loan, auto loan, car payment",
    "student_loan": "student loan, student loans",
    "personal_loan": "personal loan",
    "fees": "fees, fees and charges, fees and adjustments, bank charges, bank fees,"
    " bank charges and fees, fee interest charge, bank fee, gebuehren, gebuhren",
    "account_fees": "service fee, account fee, account fees, service charge, sluzby, finance charge"
    " fee",
    "interest_paid": "interest charge, finance charge, interest repayment, interest paid,"
    " sankc urok, debit interest, loan interest",
    "overdraft_fees": "insufficient funds fee, late fee, overdraft fee, overdraft,"
    " returned debit order, spend limit exceeded fee",
    "atm_fees": "atm fee, cash deposit fee, atm fees",
    "foreign_fees": "foreign transaction fee, foreign fee",
    "taxes": "taxes, tax, steuern, impots, dane, government services",
    "tax_payment": "federal tax, state tax, local tax, property tax, tax payment",
    "fines": "fines, fine, penalties",
    "cash": "cash",
    "cash_withdrawal": "cash and atm, atm, cash withdrawal, atm and cash withdrawal, withdrawal,"
    " cash advances, bargeld, atm withdrawal",
    "payments_to_people": "payments to people, friends, person to person",
    "professional_services": "professional services, legal, accounting, financial advisor,"
    " consulting, attorney fees",
    "post_shipping": "shipping, postage, postal services, post, shipping and postage",
    "work_costs": "business services, office supplies, office and shipping, business expenses",
    "salary": "salary, job, second work, employment income, gehalt, lohn, vyplata",
    "wages": "paycheck, wages, payroll, regular income, direct deposit",
    "bonus": "bonus, bonuses",
    "self_employed": "freelance, self employment, side hustle, business income",
    "pension": "pension, retirement income, duchod, rente, retirement pension, social security",
    "interest": "interest and dividends",
    "interest_earned": "interest income, interest received, interest earned, urok, zinsen,"
    " interest",
    "dividends": "dividends, dividend, dividend and cap gains, investment income",
    "benefits": "benefits, social benefits, government benefits, grants",
    "unemployment": "unemployment, unemployment benefit",
    "family_benefit": "child benefit, kindergeld",
    "tax_refund": "tax refund",
    "reimbursement": "reimbursement, reimbursements, returned purchase, money back",
    "gifts_received": "gift received, gifts received",
    "cashback": "cashback, cash back, awards and rebate credits, rewards",
    "cash_deposit": "cash deposit, cash paid in",
    "rent_received": "rental income",
    "own_transfer": "own transfer, internal transfer, between accounts, account transfer,"
    " transfer between own accounts",
    "card_payment": "credit card payment, credit card payments, card payment",
    "savings": "savings, sparen",
    "savings_transfer": "savings transfer, transfer to savings",
    "investment_transfer": "investments, investment, buy, sell, deposit to investment",
    "loan_principal": "loan principal, principal",
    "loan_received": "loan received, loan paid out",
}
_VAGUE_WORDS: dict[str, str] = {
    "own_transfer": "transfer, transfers, bank transfer, transfer for cash spending",
    "card_payment": "payments and credits, payment credit, payment, payments",
    "other_income": "income, other income, einkommen, prijem, refunds and income",
    "other_spending": "other services, personal, miscellaneous, misc expenses, service, misc",
    "shopping": "merchandise, general purchases, general merchandise",
    "travel": "other travel, travel and entertainment",
    "payments_to_people": "loan given, p2p",
    "payments_from_people": "debt return borrowed money, debt return",
    "cash_withdrawal": "cash advance",
}
_NOT_WORDS = re.compile(r"[^\w]+", re.UNICODE)


def _normalised(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold().replace("&amp;", "&")
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    plain = plain.replace("&", " and ").replace("_", " ")
    return " ".join(_NOT_WORDS.sub(" ", plain).split())


def _table(groups: dict[str, str], confidence: float) -> dict[str, SourceMatch]:
    return {
        _normalised(word): SourceMatch(code, confidence)
        for code, words in groups.items()
        for word in words.split(",")
        if word.strip()
    }


SOURCE_WORDS: dict[str, SourceMatch] = (
    {_normalised(entry.name): SourceMatch(entry.code, FIRM) for entry in CATEGORIES}
    | _table(_VAGUE_WORDS, VAGUE)
    | _table(_FIRM_WORDS, FIRM)
)


@lru_cache(maxsize=4096)
def source_match(text: str) -> SourceMatch | None:
    """What the source's category text means here: one of our codes or names, a Plaid code, an
    MCC, or a word of a bank; None where it says nothing (empty, "Uncategorized", "General")."""
    stripped = text.strip()
    if not stripped:
        return None
    code = stripped.upper()
    if code in PLAID_DETAILED:
        return SourceMatch(PLAID_DETAILED[code], FIRM)
    if stripped.isascii() and stripped.isdigit() and len(stripped) in (3, 4):
        mapped = map_mcc(stripped)
        return None if mapped is None else SourceMatch(mapped, FIRM)
    if stripped in BY_CODE:
        return SourceMatch(stripped, FIRM)
    # Only as Plaid writes it: "Travel" and "Entertainment" are also everybody's words.
    if stripped in PLAID_PRIMARY:
        return SourceMatch(PLAID_PRIMARY[stripped], VAGUE)
    word = _normalised(stripped)
    known = SOURCE_WORDS.get(word)
    if known is not None:
        return known
    # "Food & Drink:Groceries", "Auto/Gas": the last part is the finer one.
    parts = [part for part in re.split(r"[:/>|]", stripped) if part.strip()]
    return source_match(parts[-1]) if len(parts) > 1 else None


def map_source_category(text: str) -> str | None:
    """Our category code for the source's own category text, or None."""
    found = source_match(text)
    return None if found is None else found.code
