"""What well-known words and merchant names on a bank line mean, in three strengths.

A line of the lists is our code, then entries separated by semicolons; an indented line goes on
with the one above. An entry matches whole words of the text without case, accents and signs; a
trailing `*` lets its last word go on ("wholefds*"). The strongest list wins, then the longest
entry. Names are facts; the choice and the codes are ours.
"""

from collections.abc import Iterator

from transactions.categories.keywords_merchants import MERCHANTS
from transactions.categories.keywords_words import WORDS

# Phrases by which a bank or an employer says what kind of movement a line is.
PHRASES = """
card_payment: payment thank you; autopay pymt; autopay payment; credit crd autopay; crd epay;
    crcardpmt; credit card payment; creditcard payment; cr card payment; credit card pymt;
    card autopay; credit crd; discover e payment; amex epayment; american express ach pmt;
    citi card online; citi autopay; applecard gsbank; barclaycard payment; to chase card;
    payment to chase card; payment to credit card; to credit card; bank of america credit card;
    visa online pmt; payment received thank you; directpay full balance; directpay full;
    kreditkartenabrechnung; kreditkartenzahlung; kreditkarten abrechnung; card bill payment;
    internet payment thank you; mobile payment thank you; electronic payment received;
    synchrony bank payment; card repayment; splatka kreditni karty; releve carte
own_transfer: online transfer to; online transfer from; internal transfer; own account;
    between accounts; transfer to checking; transfer from checking; transfer to chk;
    transfer from chk; acct xfer; account transfer; transfer to current account;
    transfer from current account; umbuchung; eigenubertrag; virement interne; own transfer;
    inter account transfer; interaccount transfer; venmo cashout; venmo cash out;
    prevod mezi vlastnimi ucty; transfer between own accounts; funds transfer to own
savings_transfer: savings deposit; transfer to savings; transfer from savings; to savings;
    from savings;
    transfer to sav; transfer from sav; savings transfer; save pocket; round up; sparplan;
    tagesgeld; virement livret; auto save; save the change; sporeni
investment_transfer: brokerage transfer; vanguard buy; vanguard investment; fidelity invest*;
    schwab brokerage; moneyline; trade republic; etoro; robinhood; coinbase; wertpapierdepot;
    depotubertrag; depot ing; edward jones;
    unit trust; easy equities; easyequities; wealthfront; betterment; investment contribution
loan_principal: loan principal; principal payment; loan repayment own; tilgung
loan_received: loan disbursement; loan payout; loan proceeds; darlehensauszahlung; loan advance
wages: payroll; salary; direct dep; direct deposit; wages; paycheck; gehalt; lohn; lohn gehalt;
    bezuge; salaire; virement salaire; stipendio; nomina; vyplata; mzda; salaris; loon;
    sept salary; salary credit; net pay; dir dep; adp payroll; gusto pay
bonus: annual bonus; bonus payment; bonus payout
pension: pension; social security; ssa treas; rente; deutsche rentenversicherung; duchod;
    retirement benefit; state pension; soc sec
benefits: universal credit; jobseekers; housing benefit; wohngeld; caf allocations
unemployment: unemployment benefit; unemployment insurance; arbeitslosengeld; pole emploi
family_benefit: kindergeld; child benefit; family allowance; allocations familiales
dividends: dividend; dividends; dividende; ausschuttung
interest_earned: interest earned; interest credit; credit interest; interest payment received;
    habenzinsen; zinsgutschrift; interest rebate; interest received; savings interest;
    monthly interest paid; gross interest; interest on balance; credit of interest
interest_paid: interest charge; interest charged; purchase interest; debit interest; sollzinsen;
    overdraft interest; loan interest; interest on overdraft; interest on debit; sanction interest;
    interest debit; cash advance interest; interest paid; penalty interest
tax_refund: tax refund; irs treas 310; irs tax ref; steuererstattung; tax ref; hmrc refund
tax_payment: irs usataxpymt; finanzamt; tax payment; hmrc; franchise tax; council tax;
    property tax; estimated tax; urssaf; impots; steuer; sars efiling; kfz steuer; road tax
cash_withdrawal: atm withdrawal; cash withdrawal; atm withdraw*; cash machine; geldautomat;
    bargeldauszahlung; auszahlung geldautomat; retrait dab; retrait; bancomat; cashpoint;
    vyber z bankomatu; geldopname; withdrawal atm; atm cash; cash wdl; atm debit;
    non chase atm withdraw*; autobank cash; cash advance; cardless cash; cash send; ewallet send;
    withdrawal in cash; vyber hotovosti; vyber; over the counter withdrawal; teller withdrawal
cash_deposit: cash deposit; atm cash deposit; einzahlung; vklad hotovosti; bargeldeinzahlung;
    deposit in cash; versement especes; cash paid in; vklad
atm_fees: atm fee; non network atm; atm surcharge; cash deposit fee; cash withdrawal fee;
    atm service fee; balance enquiry fee; non chase atm fee; cash dep fee
foreign_fees: foreign transaction fee; international transaction fee; fx fee; foreign fee;
    auslandseinsatzentgelt; currency conversion fee; intl transaction fee; non sterling
overdraft_fees: overdraft fee; insufficient funds; nsf fee; returned item fee; late fee;
    unpaid item fee; returned payment fee; overdraft item fee; overdraft service fee; od fee;
    dishonour fee; rucklastschrift; unpaid debit order; spend limit exceeded; insuf funds;
    unsuccessful payment fee; declined fee; honouring fee; late payment fee; returned debit
account_fees: monthly service fee; service fee; maintenance fee; account fee; kontofuhrung;
    kontofuehrung; entgeltabschluss; monthly fee; admin fee; account maintenance; sms fee;
    sms notification fee; notification fee; monthly account fee; bank charge; bank charges;
    bank fee; wire fee; transaction fee; annual membership fee; service charge; statement fee;
    card replacement fee; card fee; transfer fee; payment fee; debit order fee; membership fee;
    abrechnung entgelte; frais bancaires; cotisation carte; poplatek; poplatek za vedeni;
    annual fee; eft fee; immediate payment fee; statement charge; account charge
cashback: cashback; cash back reward*; rewards redemption; statement credit; cash reward*;
    rewards credit; dining credit; reward payment; cashback bonus
payments_to_people: zelle payment; zelle to; zelle; venmo payment; venmo; cash app; cashapp;
    square cash; popmoney; bizum; paypal friends; blik; payshap; tikkie; swish; lydia; p2p
rent: rent payment; monthly rent; miete; kaltmiete; warmmiete; loyer; huur; najem; rent to
mortgage: mortgage; mtg pymt; hypothek; baufinanzierung; home loan; bond repayment;
    mortgage payment; hypoteka; nationstar; mr cooper; rocket mortgage; loancare; pennymac
student_loan: student loan; student ln; navient; nelnet; mohela; great lakes; sallie mae;
    aidvantage; bafog; fedloan; dept education; slc receipts
car_loan: auto loan; car loan; auto finance; vehicle finance; toyota financial; car payment;
    ford motor credit; gm financial; honda financial; ally auto; wesbank; ford credit
personal_loan: personal loan; loan payment; loan repayment; darlehen; ratenkredit; consors;
    sofi lending; lendingclub; upstart; splatka uveru; uver; kreditrate; klarna; affirm; afterpay;
    loan instalment; loan instal*
self_employed: freelance; freelance invoice; invoice paid; honorar; honorarnote
reimbursement: reimbursement; expense claim; expenses refund; auslagenerstattung; money back
insurance_claim: insurance claim; claim payment; schadenzahlung; claim settlement
"""

# Words that turn an inflow from a shop into its money back.
REFUND_WORDS = """
refund; refunded; return; returned purchase; reversal; reversed; chargeback; credit voucher;
purchase return; merchandise return; storno; erstattung; retoure; gutschrift; ruckzahlung;
rueckzahlung; remboursement; rimborso; reembolso; devolucion; vraceni platby; terugbetaling;
purchase reversal; merchant credit
"""

# Money to or from one of these is moved between a person's own accounts: banks do not pay people.
_BANKS = """
chase; jpmorgan chase; bank of america; wells fargo; citibank; citi bank; capital one; discover
bank; ally bank; us bank; pnc bank; td bank; barclays; hsbc; lloyds; natwest; santander; monzo;
starling; nationwide building; revolut; n26; ing; commerzbank; deutsche bank; sparkasse; dkb
"""
_MOVES = ("deposit from", "withdrawal to", "transfer to", "transfer from", "payment from")


def _entries(text: str) -> Iterator[str]:
    for entry in text.split(";"):
        if entry.strip():
            yield " ".join(entry.split())


def refund_words() -> tuple[str, ...]:
    """Entries that say money came back."""
    return tuple(_entries(REFUND_WORDS))


def entries() -> Iterator[tuple[int, str, str]]:
    """Every keyword as (strength 1–3, code, entry), weakest first."""
    for strength, text in ((1, WORDS), (2, MERCHANTS), (3, PHRASES)):
        code = ""
        for line in text.strip().splitlines():
            if not line.startswith(" "):
                code, _, line = line.partition(":")
            for entry in _entries(line):
                yield strength, code, entry
    for bank in _entries(_BANKS):
        for move in _MOVES:
            yield 3, "own_transfer", f"{move} {bank}"
