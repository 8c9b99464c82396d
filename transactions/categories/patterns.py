"""What banks and card readers put around a merchant's name, as patterns; facts, kept apart from the code.

Each is matched at one end of a text of at most 200 characters or against one word at a time: linear.
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"

TAGS = re.compile(r"<\s*/?\s*(?:br|p|b|i|span|div)\b[^>]{0,40}>", re.IGNORECASE)
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e"
    "\u2060-\u2064\u2066-\u2069\ufeff]"
)

# What the bank or the card reader puts before the merchant's name.
PREFIXES = re.compile(
    r"(?:(?:"
    r"(?:pos|card|debit card|visa debit|check ?card|contactless|mastercard|visa|fuel|recurring card)"
    r" (?:purchase|payment|transaction|merchandise)s?(?: to\b| at\b| -|:)?(?: ?\(effec ?\))?"
    r"|(?:recurring )?(?:purchase|payment) authori[sz]ed on \d{1,2}[/.]\d{1,2}"
    r"|(?:recurring )?debit card|direct debit(?: to)?|(?:karte|card) \d{4}|check ?card \d{4}"
    r"|by debit card-\w{2,8}(?: \d{4,8})?|\(effec ?\)"
    r"|eft debit order payment(?: \(\d*\))?:?|magtape debit|debicheck(?: internal)? d/o"
    r"|(?:fnb app|internet|online banking) (?:payment|pmt) to"
    r"|kartenzahlung|lastschrift|paiement (?:par )?carte|achat cb|carte \d{2}[/.]\d{2}"
    r"|betaalautomaat|(?:bea|gea)(?: betaalpas)? +nr:\w+ \d\d\.\d\d\.\d\d/\d\d\.\d\d"
    r"|pos\d{4}|pos\d{1,2}" + _MONTH + r"|pos|\d{1,6}\.\d\d(?= [a-z])"
    r"|snapscan"
    r")(?![a-z])|miscellaneous payments;"
    r"|(?:sq|tst|pp|paypal|sp|iz|zettle_|sumup|cko|py|in|dd|fs|bb|u r|zapper\d?|yoco|dashpay|ikh) ?\*"
    r")[ \-:;]*",
    re.IGNORECASE,
)  # fmt: skip

# How those begin: a look at two letters spares most texts the search.
PREFIX_STARTS = _words(
    """
    po ca de vi ch co ma fu re pu di by mi (e ef fn in on ka la pa ac be ge sn sq ts pp sp iz ze su ck
    py dd fs bb za yo da ik
    """
) | {"u "}

# What they put behind it.
TAILS = re.compile(
    r"[ ,;]*(?:"
    r"\* ?\d{1,2} " + _MONTH + r"|\(card ?\d*\)|card no\.?|branch:?"
    r"|\bon \d{1,2} " + _MONTH + r"(?: [a-z]{3})?"
    r"|\b(?:sun|mon|tue|wed|thu|fri|sat) \d{1,2}(?::\d\d)? ?[ap]m|\d\d/\d\d/? ?purc[has]{0,3}"
    r"|\d{1,2}/\d{1,2}/?|pas\d{3}"
    r")[ .]*$",
    re.IGNORECASE,
)  # fmt: skip
# The last words of a text that can have such a tail, besides those with a digit or one of these marks.
TAIL_WORDS = _words(
    """
    jan feb mar apr may jun jul aug sep oct nov dec january february march april june july august
    september october november december no branch purc purch purcha purchas bcc bgc ddr deb fpi fpo tfr
    cpm bbp
    """
)
TAIL_MARKS = ").:/"
TAIL_LONGEST = 40
# From here on a line speaks of something else than the merchant.
ENDINGS = re.compile(
    r"\s(?:sagt danke|dankt)\b|\sdes:|\sindn:|\s\d\d/\d\du r\*|\spmts? w(?: |$)|\s\(?[a-z]+, [a-z]{2}\)$",
    re.IGNORECASE,
)
ENDING_SIGNS = (" dankt", " danke", " des:", " indn:", "u r*", " pmt")
# How a British bank says by what road money went, at a line's end.
BANK_CODES = _words("BCC BGC DDR DEB FPI FPO TFR CPM BBP")

# A word of digits and marks that no one knows the merchant by: card tails, dates, phone numbers,
# account numbers, amounts, order codes. Matched against one word at a time, so the cost is linear.
REFERENCE = re.compile(
    r"[x*#]{2,}-?\d{2,}"
    r"|#?\(?\d{4,}\)?"
    r"|#\d+"
    r"|[a-z]-\d{3,}"
    r"|fil\d{3,}|\d\d-\d\d"
    r"|\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?"
    r"|\d{4}-\d{2}-\d{2}"
    r"|\d[\d.,]*[.,]\d{2}"
    r"|\+?\(?\d{2,4}\)?[.-]\d{3}[.-]?\d{3,4}"
    r"|[a-z]{2}\d{2}[a-z0-9]{10,30}"
    r"|(?=[^\d]*\d[^\d]*\d)[\w-]{9,}",
    re.IGNORECASE,
)
# Words that announce a reference: they go together with the word after them when it has a digit.
LABELS = _words(
    """
    ref reference auth code trace conf confirmation txn trn mandate mandat eref mref kref
    invoice order card cardnr terminal seq no nr number id ppd web ccd tel arc branch eur
    usd gbp czk chf cad
    """
)
WEB_TAIL = re.compile(r"[\w-]+\.(?:com|co\.uk|net|org|de|fr|eu|co)(?:/\S*)?", re.IGNORECASE)
DIGIT = re.compile(r"\d")
LOST_APOSTROPHE = re.compile(r"(?<=[A-Z]{3}) S(?= |$)")
WEB_NAME = re.compile(r"(?:www\.)?([\w-]{3,})\.(?:com|co\.uk|net|org|de|fr|eu)", re.IGNORECASE)
EDGE_MARKS = " -–:;,.*/#|_'\""
COUNTRIES = _words(
    """
    US USA GB GBR UK DE DEU FR FRA CZ CZE ZA ZAF IE IRL NL NLD ES ESP IT ITA AT CH BE
    """
)
# The form of a company, anywhere in a name.
LEGAL = _words("inc llc ltd limited gmbh plc corp pty bv (pty)ltd (pty) pty)ltd")
# Words at a name's end that say no more than that it sells.
SELLERS = _words("store stores shop co company")
# Words that do not tell one merchant from another.
KEY_NOISE = _words(
    """
    store stores shop inc llc ltd limited gmbh plc co corp pty company sa ag bv kg oy ab the
    www com net org de uk us usa
    """
)
TOKENS = re.compile(r"[^\W_]+(?:'[^\W_]+)?", re.UNICODE)
SMALL_WORDS = _words(
    """
    of and the de la le du der die das von van to for at in on und et
    """
)
