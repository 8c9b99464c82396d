"""The words banks use for their columns, in the languages of the banks we read.

A heading is compared folded: small letters, no accents, punctuation as spaces, without a currency
("Betrag (EUR)" is "betrag"). A whole heading is looked up first; where it is unknown, its single
words decide. Every entry is only a first guess: the cells under the heading have the last word.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# Finer than the roles of a layout: three kinds of day (which is the booking day depends on which
# are there), and amounts that are not the one wanted.
_PHRASES = {
    "day_transaction": """
        transaction date|trans date|tran date|txn date|date of transaction|purchase date
        started date|transaktionsdatum|datum transaktion|kaufdatum|belegdatum|umsatzdatum
        date operation|date d operation|date de l operation|date achat|fecha operacion
        fecha de operacion|fecha de la operacion|fecha compra|fecha transaccion|data operazione
        data transazione|data della transazione|transactiedatum|datum transactie|datum provedeni
        datum transakce|datum operace|data transakcji|data operacji|transaktionsdag
        transaktionsdato|kopdatum|data da transacao|data movimento|date transaction
        timestamp of transaction|trans time|trans date trans time|fecha movimiento|date op|dateop
        run date|data do movimento""",
    "day_booking": """
        posting date|post date|posted date|date posted|booking date|booked|booked on|entry date
        buchungstag|buchung|buchungsdatum|boekingsdatum|boekdatum|boekingsdag|date comptable
        date de comptabilisation|date de comptabilite|fecha contable|fecha de asiento
        data contabile|data contabilizzazione|data registrazione|datum zauctovani|datum zuctovani
        data ksiegowania|bokforingsdag|bokforingsdatum|bogforingsdato|bokforingsdato|bokfort
        bokfort dato|kirjauspaiva|completed date|date processed|processed date|processing date
        cleared date|settlement date|date settled|data lancamento|data contabil|konyveles datuma
        knjizenje|clearing date|date comptable operation""",
    "day_value": """
        value date|valuedate|valuta datum|valutadatum|wertstellung|wertstellungstag|wert
        valutadato|date de valeur|date valeur|fecha valor|data valuta|data waluty|valutadag
        rentedatum|effective date|datum valuty|available on|available on utc|interest date
        renteberekening|arvopaiva|data valor|value dat|available date|datum splatnosti|f valor
        date val|dateval|wertstellung valuta""",
    "day": """
        date|datum|data|fecha|dato|pvm|paivamaara|day|jour|dia|giorno|den|tag|datetime|date time
        date and time|created|created at|created on|created utc|created date|when|time|date utc
        datum uhrzeit|datum zeit|date heure|booking day|tx date|activity date|date initiated
        debited credited date|dag|kuupaev|datums|data e hora""",
    "amount": """
        amount|amt|betrag|bedrag|montant|montant net|importe|importo|castka|objem|kwota|belopp
        belop|summa|maara|value|valor|transaction amount|transaction amt|umsatz|net amount|net
        total amount|amount total|total|zauctovana castka|castka v mene uctu|transaktionsbetrag
        buchungsbetrag|betrag in|montante|quantia|quantidade|sum|suma|summe|suma pln|amount in
        kwota operacji|kwota transakcji|osszeg|iznos|amount in account currency|beloep|belob
        billing amount|posted amount|importe total|importo totale|debit credit amount
        credit debit amount|signed amount|bruttobetrag|tx amount|amount local|castka transakce
        castka platby|bedrag af bij|transactiebedrag|montant de l operation|umsatz in
        montant operation|importe operacion|umsatzbetrag|mouvement|movimiento importe|net value""",
    "money_out": """
        debit|debits|debit amount|debit amt|amount debit|withdrawal|withdrawals|withdrawal amount
        withdrawal amt|paid out|money out|out|outflow|outgoing|soll|belastung|belastungen
        lastschrift|ausgang|ausgaben|ausgabe|debet|af|uitgaven|uitgave|sortie|sorties|depense
        depenses|cargo|cargos|gasto|gastos|egreso|egresos|debe|dare|addebito|addebiti|uscita
        uscite|vydaj|vydaje|odchozi|obciazenie|obciazenia|wyplaty|wydatki|ut|uttag|utgift|utgifter
        ut av konto|ud|expense|expenses|spent|spending|charge|charges|saida|saidas|debito|debitos
        terheles|spend|zu lasten|purchases|amount out|amount spent|cost|kiadas|debit value
        ut fra konto|lastschrift in|belastung in|debit euros|paid out amount|withdrawal in
        soll betrag|importe cargo|debits amount|negative amount""",
    "money_in": """
        credit|credits|credit amount|credit amt|amount credit|deposit|deposits|deposit amount
        deposit amt|paid in|money in|in|inflow|incoming|haben|gutschrift|gutschriften|eingang
        einnahmen|einnahme|bij|inkomsten|entree|entrees|recette|recettes|abono|abonos|ingreso
        ingresos|haber|avere|accredito|accrediti|entrata|entrate|prijem|prijmy|prichozi|uznanie
        uznania|wplaty|wplywy|inn|inn pa konto|insattning|insattningar|inkomst|inntekt|ind|income
        received|lodgement|lodgements|entrada|entradas|credito|creditos|jovairas|zu gunsten
        payments received|credit value|bevetel|gutschrift in|credit euros|deposit in|haben betrag
        importe abono|positive amount""",
    "direction": """
        debit credit|credit debit|dr cr|cr dr|d c|c d|s h|soll haben|debit or credit
        credit or debit|debit credit indicator|credit debit indicator|cd flag|dc flag|af bij
        bij af|sens|direction|in out|debet credit|debit kredit|kredit debet|income expense|d k|dc
        sign|debit credit flag|transaction type|type|typ|buchungstyp""",
    "balance": """
        balance|running balance|running bal|runningbalance|current balance|closing balance|saldo
        kontostand|solde|zustatek|balance after|balance after transaction|saldo po operacji
        saldo na transactie|saldo nach buchung|saldo contable|saldo disponible|available balance
        ledger balance|zustatek po transakci|account balance|stan|saldo rachunku|egyenleg
        bokfort saldo|new balance|end balance|saldo final|remaining balance|saldo in
        daily posted balance|account running balance|saldo na trn|kontostand nach buchung
        disponible|balance amount|running total|total balance""",
    "currency": """
        currency|ccy|cur|curr|wahrung|waehrung|munt|muntsoort|valuta|devise|divisa|moneda|mena
        mena uctu|waluta|currency code|iso code|account currency|valutakod|devizanem|moeda
        transaction currency|billing currency|currency iso""",
    "text": """
        description|desc|details|detail|text|verwendungszweck|buchungstext|umsatztext|omschrijving
        mededelingen|mededeling|vrije mededeling|libelle|libelle operation|libelle simplifie
        concepto|descripcion|descrizione|descrizione operazione|causale|popis|zprava
        zprava pro prijemce|opis|opis operacji|opis transakcji|tytul|tytulem|beskrivning
        beskrivelse|forklaring|narrative|narration|particulars|memo|transaction description
        original description|note|notes|remarque|remarks|message for payee|communication
        communications|betreff|zahlungsgrund|transaction details|item|description 1|description 2
        description 3|tekst|viesti|selite|historico|detalhes|descricao|kozlemeny|message|purpose
        vorgang|umsatzinformation|detalle|observaciones|popis transakce|poznamka|informace
        details of transaction|narrative 1|movimento|bezeichnung|payment details
        transaction narrative|hint|nom de l operation|konto text|specifikation|rubrik
        naam omschrijving|titel|title|transaction name|label|buchungsinformation|buchungsdetails
        transaktionstext|transaction text|full description|avisierungstext|movimiento
        transaction remarks|action|security description|narration text""",
    "text_minor": """
        custom name column|details 2|extended details|additional information|zusatzinfo|info 2
        message for me|client note|nazev transakce|comments|comment|description 4|notiz""",
    "counterparty": """
        payee|counterparty|counter party|merchant|merchant name|name|payee name|supplier
        beguenstigter zahlungspflichtiger|auftraggeber beguenstigter|auftraggeber empfanger
        beguenstigter auftraggeber|name zahlungsbeteiligter|zahlungsempfanger|zahlungspflichtige
        empfanger|empfaenger|zahlungspflichtiger|beguenstigter|auftraggeber|naam|naam tegenpartij
        tegenpartij|beneficiaire|beneficiario|ordenante|nazev protiuctu|nadawca odbiorca|nadawca
        odbiorca|mottagare|avsandare|modtager|afsender|saaja|maksaja|recipient|counteraccount name
        partner name|partnername|payer|sender|name of counterparty|counterparty name
        to account name|name des partners|to name|beneficiary|beneficiary name|protistrana
        controparte|nom de la contrepartie|contrepartie|name tegenpartij|other party|navn
        merchant description|appears on your statement as|zahlungsempfanger in|auftraggeber in
        avsender|to account|partner|supplier found|mottaker""",
    "counterparty_minor": "to|from|from name|vendor|store|shop|remitter|issuer",
    "reference": """
        reference|reference number|reference no|ref|ref no|referenz|kundenreferenz|mandatsreferenz
        check number|check or slip|check or slip no|cheque number|check no|cheque no
        chq ref number|zahlungsreferenz|payment reference|variable symbol|variable symbol 1
        variabilni symbol|vs|end to end referenz|sepa referenz|checknumber|slip number
        betalingskenmerk|kenmerk|numero operation|numero de operacion|receipt
        gestructureerde mededeling|belegnummer|customer reference|bank reference|check|cheque
        no de reference""",
    "category": """
        category|kategorie|categorie|categoria|kategori|kategorie transakce|spending category
        subcategory|reporting category|categories|rubrique|kategoria|tx category|sub category
        personal finance category|category name|hauptkategorie|overfor kategori""",
    "category_minor": "category group|category group category",
    "account": """
        account|account number|account name|account no|acct|konto|kontonummer|rekening
        rekeningnummer|iban|compte|cuenta|conto|cislo uctu|rachunek|card no|card number|card|karte
        kartennummer|auftragskonto|own account|from account|account id|first bank card|kreditkarte
        iban auftraggeberkonto|auftraggeberkonto|account iban|iban konto|numer rachunku|conta
        numero de compte|numero compte|iban rekening|your account|nazev uctu|numero cuenta
        source account|szamlaszam|konto nr|eigenes konto|product name""",
    "account_minor": "card member|account type|sort code|product|rubrieknaam|account holder",
    "provider_id": """
        id|transaction id|transactionid|transaction identifier|unique id|id transakce|fitid
        balance transaction id|transaction reference number|reference id|transaction hash|tx id
        transaction unique id|external id|payment id|id operace|volgnr|transaktions id
        identifikace transakce|transaction reference id|trans id|uuid|guid|operation id|trans num
        unique identifier""",
    "status": """
        status|state|cleared|info|zustand|transaction status|stav|etat|estado|stato
        transaction state""",
    "fee": """
        fee|fees|amount fee|gebuhr|gebuehr|gebuhren|poplatek|commission|provision|fee amount|frais
        comision|commissione|kosten|avgift|oplata|tip|tax|amount tip|amount tax|vat|mwst|gross
        tax rate|cashback|points|rewards|miles""",
    "foreign": """
        local amount|original amount|foreign amount|fremdwahrung|betrag fremdwahrung
        amount foreign|puvodni castka|puvodni castka a mena|castka v originalni mene
        amount in foreign currency|betrag in fremdwahrung|original currency|local currency
        foreign currency|wechselkurs|kurs|exchange rate|rate|fx rate|type foreign currency
        kwota w walucie|transaktionswahrung|foreign currency amount|amount in original currency
        originalbetrag|originalwahrung|ursprungsbetrag|kurz|cours|tipo de cambio|tasso di cambio""",
    "other": """
        type of transaction|umsatzart|transaktionstyp|flag|tags|labels|label id|budget
        balance type|blz|bic|bankleitzahl|kontonummer tegenpartij|gegenkonto|tegenrekening
        cislo protiuctu|rekeningnummer tegenpartij|bic tegenpartij|adres tegenpartij|emoji|address
        city|state code|glaubiger id|bank code|nonce|opposing account|opposing iban
        counterparty iban|skip|ks|ss|konstantni symbol|specificky symbol|constant symbol
        specific symbol|afschriftnummer|auszugsnummer|umsatzzeit|bank account details|posting time
        zeit|uhrzeit|heure|hora|number|no|nr|line|row|counter account|counteraccount
        iban zahlungsbeteiligter|user id|customer id|year|month|week|mcc|merchant category code
        merchant code|merchant category|code|purchased by|mutatiesoort|quantity|price
        beginning balance|ending balance|statement period venmo fees|year to date venmo fees
        terminal location""",
}


def vocabulary(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def phrases(text: str) -> list[str]:
    """The phrases of a text, parted by bars and line ends."""
    return [" ".join(p.split()) for p in re.split(r"[|\n]", text) if p.strip()]


class Heading(NamedTuple):
    """What a heading says: the kind of column, how strongly (0 to 3), a currency beside it."""

    kind: str
    weight: int
    currency: str


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for kind, text in _PHRASES.items():
        for phrase in phrases(text):
            table.setdefault(phrase, kind)
    for phrase, kind in list(table.items()):
        table.setdefault(phrase.replace(" ", ""), kind)
    return table


_KIND = _table()

# Tried in this order on the words of a heading that is not known as a whole.
_TOKENS = {
    "foreign": "foreign original orig oorspr fremdwahrung puvodni rate kurs exchange fx",
    "fee": "fee fees gebuhr gebuhren poplatek commission tax vat tip",
    "other": "iban bic blz time zeit address city zip phone lat long dob birth country job",
    "balance": "balance saldo kontostand solde zustatek bal egyenleg",
    "currency": "currency wahrung waehrung devise munt mena waluta divisa moneda ccy",
    "day_value": "valutadatum wertstellung valeur valuta",
    "day_booking": "posted posting booking booked buchung settled completed processed cleared",
    "day": "date datum data fecha dato day jour tag datetime pvm",
    "money_out": "debit debits withdrawal withdrawals outflow soll debet dare debito cargo "
    "lastschrift belastung paidout",
    "money_in": "credit credits deposit deposits inflow haben avere credito abono gutschrift "
    "paidin",
    "amount": "amount betrag bedrag montant importe importo castka kwota belopp belop amt umsatz",
    "category": "category kategorie categorie categoria kategori",
    "status": "status state",
    "account": "account konto rekening compte cuenta conto uctu rachunek",
    "text": "description details zweck text memo narrative omschrijving libelle popis concepto "
    "particulars verwendungszweck beschreibung note notes remarks opis",
    "counterparty": "payee merchant counterparty empfanger beneficiary name naam nom nazev",
    "reference": "reference ref referenz check cheque symbol number",
}
_TOKEN_KIND = tuple((kind, vocabulary(words)) for kind, words in _TOKENS.items())
_OUT_TOKENS, _IN_TOKENS = vocabulary(_TOKENS["money_out"]), vocabulary(_TOKENS["money_in"])
# German, Dutch and the northern languages join their words: Zahlungsdatum, Rechnungsbetrag.
_ENDINGS = (
    ("day", ("datum", "dato")),
    ("amount", ("betrag", "bedrag", "belopp", "belob")),
    ("text", ("text", "zweck", "omschrijving")),
    ("balance", ("saldo", "balance")),
)

CURRENCIES = vocabulary(
    """
    AED ARS ATS AUD BAM BEF BGN BHD BRL BYN CAD CHF CLP CNY COP CZK DEM DKK DOP DZD EGP ESP
    EUR FRF GBP GEL GHS GTQ HKD HRK HUF IDR ILS INR ISK ITL JOD JPY KES KRW KWD KZT LKR MAD
    MDL MKD MUR MVR MXN MYR NGN NLG NOK NPR NZD OMR PAB PEN PHP PKR PLN PYG QAR RON RSD RUB
    SAR SEK SGD THB TND TRY TWD TZS UAH UGX USD UYU UZS VES VND XAF XOF ZAR ZMW
    """
)
_SIGN_CODES = {
    "cad$": "CAD",
    "usd$": "USD",
    "us$": "USD",
    "sgd$": "SGD",
    "aud$": "AUD",
    "r$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "kč": "CZK",
}
_FOLD = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def fold(text: str) -> str:
    """Small letters, no accents, runs of anything else as one space."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_FOLD))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]|_", " ", letters).split())


@lru_cache(maxsize=2048)
def heading(name: str) -> Heading:
    """The kind of column a heading names, with weight 0 and kind "" where it says nothing."""
    clean = name.strip().strip("\ufeff")
    if not clean or len(clean) > 80:
        return Heading("", 0, "")
    currency, rest = _part_currency(clean)
    words = fold(rest)
    if not words:
        return Heading("amount", 2, currency) if currency else Heading("", 0, "")
    parted = fold(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", rest))
    for candidate in (words, parted, parted.rstrip("0123456789 "), words.replace(" ", "")):
        if kind := _KIND.get(candidate):
            return Heading(kind.removesuffix("_minor"), 2 if "_minor" in kind else 3, currency)
    tokens = set(parted.split())
    if tokens & _OUT_TOKENS and tokens & _IN_TOKENS:
        return Heading("direction", 2, currency)
    for kind, known in _TOKEN_KIND:
        if tokens & known:
            return Heading(kind, 1, currency)
    for kind, endings in _ENDINGS:
        if any(token.endswith(endings) for token in tokens):
            return Heading(kind, 1, currency)
    return Heading("", 0, currency)


def _part_currency(name: str) -> tuple[str, str]:
    """The currency that a heading names beside its words, and the words without it."""
    for found in re.finditer(r"[A-Za-z]{0,3}\$|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])|[€£]|[Kk]č", name):
        token = found[0]
        code = _SIGN_CODES.get(token.lower(), "") or (token if token in CURRENCIES else "")
        if code or "$" in token:
            return code, name[: found.start()] + " " + name[found.end() :]
    return "", name
