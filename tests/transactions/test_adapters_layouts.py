# ruff: noqa: E501 - the rows of real layouts are long
"""Layouts of many banks, each with rows of our own: found from the content alone.

Each case states transactions, rows that are none, first and last day, money out and money in.
"""

from io import BytesIO
from textwrap import dedent

import pytest

from transactions.adapters import Line, NotATransaction, Reject, detect, rows
from transactions.adapters.report import summarise

CASES: dict[str, tuple[str, tuple[int, int, str, str, str, str]]] = {
    "ing_nl_words_for_direction": (
        """\
        "Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedrag (EUR)";"Mutatiesoort";"Mededelingen"
        "20240803";"BAKKER JANS";"NL00INGB0000000001";"";"BA";"Af";"12,50";"Betaalautomaat";"Pasvolgnr: 001"
        "20240801";"WERK BV";"NL00INGB0000000001";"NL00ABNA0000000002";"OV";"Bij";"2.450,00";"Overschrijving";"Salaris juli"
        """,
        (2, 0, "2024-08-01", "2024-08-03", "12.50", "2450.00"),
    ),
    "rabobank_plus_signs": (
        """\
        "IBAN/BBAN","Munt","BIC","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn","Tegenrekening IBAN/BBAN","Naam tegenpartij","Omschrijving-1","Omschrijving-2"
        "NL00RABO0000000001","EUR","RABONL2U","000000000000007213","2024-08-02","2024-08-02","-9,95","+1190,05","NL00TEST0000000009","Webwinkel","Bestelling 77",""
        "NL00RABO0000000001","EUR","RABONL2U","000000000000007214","2024-08-05","2024-08-05","+100,00","+1290,05","NL00TEST0000000008","Tante","Verjaardag",""
        """,
        (2, 0, "2024-08-02", "2024-08-05", "9.95", "100.00"),
    ),
    "abn_amro_headerless_tabs_begin_and_end_balance": (
        """\
        000000001\tEUR\t20240801\t1000,00\t990,00\t20240801\t-10,00\tBEA  01.08.24 Kaaswinkel
        000000001\tEUR\t20240802\t990,00\t1190,00\t20240802\t200,00\tSEPA Overboeking van Oma
        000000001\tEUR\t20240805\t1190,00\t1184,50\t20240805\t-5,50\tBEA  05.08.24 Koffiehuis
        """,
        (3, 0, "2024-08-01", "2024-08-05", "15.50", "200.00"),
    ),
    "knab_joined_heading": (
        """\
        KNAB EXPORT;;;;;;;
        Rekeningnummer;Transactiedatum;Valutacode;CreditDebet;Bedrag;Tegenrekeningnummer;Tegenrekeninghouder;Omschrijving
        "NL00KNAB0000000001";"15-08-2024";"EUR";"D";"45,00";"NL00TEST0000000003";"Sportclub";"Contributie"
        "NL00KNAB0000000001";"16-08-2024";"EUR";"C";"45,00";"NL00TEST0000000003";"Sportclub";"Terug"
        """,
        (2, 0, "2024-08-15", "2024-08-16", "45.00", "45.00"),
    ),
    "dkb_preamble_and_two_digit_years": (
        """\
        "Girokonto";"DE00120300000000000001"
        ""
        "Kontostand vom 31.08.2024:";"1.234,56 €"
        ""
        "Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz"
        "30.08.24";"30.08.24";"Gebucht";"ICH";"Stadtwerke";"Strom August";"Ausgang";"DE00500000000000000002";"-78,00";"";"";""
        "28.08.24";"28.08.24";"Gebucht";"Firma AG";"ICH";"Gehalt 08/2024";"Eingang";"DE00500000000000000003";"2.900,10";"";"";""
        """,
        (2, 0, "2024-08-28", "2024-08-30", "78.00", "2900.10"),
    ),
    "ing_diba_long_preamble": (
        """\
        Umsatzanzeige;Datei erstellt am: 31.08.2024 10:15

        IBAN;DE00 5001 0517 0000 0000 01
        Kontoname;Girokonto
        Zeitraum;01.08.2024 - 31.08.2024
        Saldo;1.820,45;EUR

        In der CSV-Datei finden Sie alle bereits gebuchten Umsätze.

        Buchung;Valuta;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung
        30.08.2024;30.08.2024;Buchladen;Lastschrift;Rechnung 55;1.820,45;EUR;-19,99;EUR
        29.08.2024;29.08.2024;Firma AG;Gehalt/Rente;Lohn;1.840,44;EUR;1.500,00;EUR
        """,
        (2, 0, "2024-08-29", "2024-08-30", "19.99", "1500.00"),
    ),
    "deutsche_bank_debit_credit_and_closing_balance": (
        """\
        Umsätze Girokonto;;;;;;
        Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;Soll;Haben;Währung
        02.08.2024;02.08.2024;SEPA-Lastschrift;Versicherung;Beitrag;-61,20;;EUR
        05.08.2024;05.08.2024;SEPA-Überweisung;Firma AG;Lohn;;2.000,00;EUR
        Kontostand;05.08.2024;;;3.100,10;EUR
        """,
        (2, 1, "2024-08-02", "2024-08-05", "61.20", "2000.00"),
    ),
    "comdirect_pending_row": (
        """\
        ;
        "Umsätze Girokonto";"Zeitraum: 30 Tage";
        "Neuer Kontostand";"2.310,90 EUR";

        "Buchungstag";"Wertstellung (Valuta)";"Vorgang";"Buchungstext";"Umsatz in EUR";
        "offen";"--";"Kartenverfügung";"Buchungstext: Tankstelle";"-40,00";
        "27.08.2024";"27.08.2024";"Übertrag / Überweisung";"Auftraggeber: Firma Buchungstext: Lohn";"1.800,00";
        "26.08.2024";"26.08.2024";"Kartenverfügung";"Buchungstext: Baumarkt";"-23,45";
        """,
        (2, 1, "2024-08-26", "2024-08-27", "23.45", "1800.00"),
    ),
    "postfinance_in_and_out_with_currency_in_headings": (
        """\
        Buchungsart:;Alle Buchungen
        Konto:;CH0009000000000000001
        Währung:;CHF

        Datum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Valuta;Saldo in CHF
        31.08.2024;Einkauf Migros;;-54.30;31.08.2024;1945.70
        30.08.2024;Gutschrift Arbeitgeber;2000.00;;30.08.2024;2000.00

        Disclaimer:
        Dies ist kein durch die Bank erstelltes Dokument.
        """,
        (2, 2, "2024-08-30", "2024-08-31", "54.30", "2000.00"),
    ),
    "boursorama_camel_case_headings": (
        """\
        dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;accountLabel;accountbalance
        2024-08-12;2024-08-12;"CARTE 11/08/24 BOULANGERIE";"Alimentation";"Vie quotidienne";"boulangerie";-4,20;;00000000001;"BoursoBank";1522.11
        2024-08-05;2024-08-05;"VIR SALAIRE";"Salaires";"Revenus";"employeur";2 100,00;;00000000001;"BoursoBank";1526.31
        """,
        (2, 0, "2024-08-05", "2024-08-12", "4.20", "2100.00"),
    ),
    "french_debit_credit": (
        """\
        Date;Date valeur;Libellé;Débit euros;Crédit euros;
        14/08/2024;14/08/2024;"PRLV EDF";-63,10;;
        13/08/2024;13/08/2024;"VIR RECU CAF";;150,00;
        """,
        (2, 0, "2024-08-13", "2024-08-14", "63.10", "150.00"),
    ),
    "bbva_spanish": (
        """\
        F.Valor;Fecha;Concepto;Movimiento;Importe;Divisa;Disponible;Divisa
        16/08/2024;15/08/2024;Pago con tarjeta;Supermercado;-33,15;EUR;966,85;EUR
        14/08/2024;14/08/2024;Abono;Nómina;1.000,00;EUR;1.000,00;EUR
        """,
        (2, 0, "2024-08-14", "2024-08-15", "33.15", "1000.00"),
    ),
    "italian_dare_avere": (
        """\
        Data contabile;Data valuta;Dare;Avere;Divisa;Descrizione
        19/08/2024;19/08/2024;-25,00;;EUR;PAGAMENTO POS FARMACIA
        20/08/2024;20/08/2024;;1.350,00;EUR;STIPENDIO AGOSTO
        """,
        (2, 0, "2024-08-19", "2024-08-20", "25.00", "1350.00"),
    ),
    "mbank_currency_behind_amounts": (
        """\
        mBank S.A.;
        #Klient;
        JAN TESTOWY;

        #Data operacji;#Opis operacji;#Rachunek;#Kategoria;#Kwota;
        2024-08-20;"ZAKUP PRZY UŻYCIU KARTY";"eKonto";"Żywność";-1 045,60 PLN;
        2024-08-21;"PRZELEW WYNAGRODZENIE";"eKonto";"Wpływy";5 200,00 PLN;
        """,
        (2, 0, "2024-08-20", "2024-08-21", "1045.60", "5200.00"),
    ),
    "fio_czech": (
        """\
        "Výpis č. 8/2024 z účtu 1000000001/2010"
        "Počáteční stav účtu k 01.08.2024: 1000,00 CZK"

        "ID operace";"Datum";"Objem";"Měna";"Protiúčet";"Název protiúčtu";"VS";"Poznámka";"Zpráva pro příjemce";"Typ"
        "26000000001";"03.08.2024";"-250,00";"CZK";"";"";"";"Nákup: Potraviny";"";"Platba kartou"
        "26000000077";"10.08.2024";"30000,00";"CZK";"100/0100";"Zaměstnavatel";"";"Výplata";"";"Příjem"
        """,
        (2, 0, "2024-08-03", "2024-08-10", "250.00", "30000.00"),
    ),
    "swedish_valuta_is_a_currency": (
        """\
        Bokföringsdag;Belopp;Avsändare;Mottagare;Namn;Rubrik;Saldo;Valuta
        2024/08/22;-129,00;1234;;;Kortköp ICA;871,00;SEK
        2024/08/23;500,00;;1234;;Swish inbetalning;1371,00;SEK
        """,
        (2, 0, "2024-08-22", "2024-08-23", "129.00", "500.00"),
    ),
    "danish_headerless": (
        """\
        01-08-2024;Netto;-75,50;924,50
        15-08-2024;Løn;18.000,00;18.924,50
        16-08-2024;Husleje;-6.000,00;12.924,50
        """,
        (3, 0, "2024-08-01", "2024-08-16", "6075.50", "18000.00"),
    ),
    "norwegian_out_and_in": (
        """\
        "Dato";"Forklaring";"Rentedato";"Ut fra konto";"Inn på konto"
        "23.08.2024";"Rema 1000";"23.08.2024";"312,40";""
        "25.08.2024";"Lønn";"25.08.2024";"";"31.500,00"
        """,
        (2, 0, "2024-08-23", "2024-08-25", "312.40", "31500.00"),
    ),
    "bradesco_credit_before_debit": (
        """\
        Extrato de: Agência: 1 Conta: 2;;;;;
        Data;Histórico;Docto.;Crédito (R$);Débito (R$);Saldo (R$)
        05/08/24;SALARIO;1;3.000,00;;3.000,00
        17/08/24;MERCADO CENTRAL;2;;-150,75;2.849,25
        Total;;;3.000,00;-150,75;2.849,25
        """,
        (2, 1, "2024-08-05", "2024-08-17", "150.75", "3000.00"),
    ),
    "hdfc_india_lakh_commas": (
        """\
        Date     ,Narration                ,Value Dat,Debit Amount       ,Credit Amount      ,Chq/Ref Number   ,Closing Balance
        13/08/24 ,UPI-GROCER-77            ,13/08/24 ,"1,250.00"         ,0.00               ,000000           ,"2,48,750.00"
        31/08/24 ,NEFT CR-EMPLOYER         ,31/08/24 ,0.00               ,"1,50,000.00"      ,000001           ,"3,98,750.00"
        """,
        (2, 0, "2024-08-13", "2024-08-31", "1250.00", "150000.00"),
    ),
    "nationwide_paid_out_paid_in": (
        """\
        "Account Name:","FlexAccount ****00001"
        "Account Balance:","£412.11"
        "Available Balance: ","£412.11"

        "Date","Transaction type","Description","Paid out","Paid in","Balance"
        "01 Aug 2024","Visa purchase","GREENGROCER LEEDS","£7.89","","£412.11"
        "02 Aug 2024","Bank credit","PAYROLL","","£1,420.00","£1,832.11"
        """,
        (2, 0, "2024-08-01", "2024-08-02", "7.89", "1420.00"),
    ),
    "natwest_value_column": (
        """\
        Date, Type, Description, Value, Balance, Account Name, Account Number

        09/08/2024,POS,"'0001 08AUG24 , CORNER SHOP , LEEDS GB",-5.20,594.80,"'CURRENT","'600000-00000001",
        12/08/2024,BAC,"'EMPLOYER , SALARY",1800.00,2394.80,"'CURRENT","'600000-00000001",
        26/08/2024,D/D,"'COUNCIL TAX",-140.00,2254.80,"'CURRENT","'600000-00000001",
        """,
        (3, 0, "2024-08-09", "2024-08-26", "145.20", "1800.00"),
    ),
    "monzo_amount_beside_money_out_and_in": (
        """\
        Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount,Local currency,Notes and #tags,Address,Receipt,Description,Category split,Money Out,Money In
        tx_0000A,15/08/2024,09:01:02,Card payment,Corner Cafe,,Eating out,-3.40,GBP,-3.40,GBP,,,,CORNER CAFE,,-3.40,
        tx_0000B,16/08/2024,08:00:00,Faster payment,Sam,,Transfers,20.00,GBP,20.00,GBP,Lunch,,,Lunch,,,20.00
        """,
        (2, 0, "2024-08-15", "2024-08-16", "3.40", "20.00"),
    ),
    "revolut_reverted_row": (
        """\
        Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
        CARD_PAYMENT,Current,2024-08-03 10:11:12,2024-08-04 02:00:00,Metro,-2.10,0.00,EUR,COMPLETED,97.90
        CARD_PAYMENT,Current,2024-08-05 10:11:12,,Hotel,-150.00,0.00,EUR,REVERTED,
        TOPUP,Current,2024-08-06 10:11:12,2024-08-06 10:11:13,Payment from Ana,50.00,0.00,EUR,COMPLETED,147.90
        """,
        (2, 1, "2024-08-03", "2024-08-06", "2.10", "50.00"),
    ),
    "td_canada_headerless_debit_credit_balance": (
        """\
        08/14/2024,GROCER 0042,45.10,,954.90
        08/15/2024,PAY EMPLOYER,,1200.00,2154.90
        08/20/2024,HYDRO BILL PYMT,80.00,,2074.90
        """,
        (3, 0, "2024-08-14", "2024-08-20", "125.10", "1200.00"),
    ),
    "commbank_headerless_signed_balance": (
        """\
        15/08/2024,"-12.50","BAKER SYDNEY AU","+987.50"
        14/08/2024,"+500.00","Salary EMPLOYER","+1000.00"
        """,
        (2, 0, "2024-08-14", "2024-08-15", "12.50", "500.00"),
    ),
    "nab_days_with_month_names": (
        """\
        Date,Amount,Account Number,,Transaction Type,Transaction Details,Balance,Category,Merchant Name
        31 Aug 24,-18.00,000000001,,EFTPOS PURCHASE,CAFE MELBOURNE,482.00,Eating out,Cafe
        30 Aug 24,500.00,000000001,,INTER-BANK CREDIT,EMPLOYER PAY,500.00,Income,
        """,
        (2, 0, "2024-08-30", "2024-08-31", "18.00", "500.00"),
    ),
    "apple_card_purchases_are_positive": (
        """\
        Transaction Date,Clearing Date,Description,Merchant,Category,Type,Amount (USD),Purchased By
        08/14/2024,08/15/2024,CORNER COFFEE 12 MAIN ST,Corner Coffee,Restaurants,Purchase,4.75,Ana
        08/16/2024,08/17/2024,GROCER 77 OAK AVE,Grocer,Grocery,Purchase,61.20,Ana
        08/20/2024,08/20/2024,ACH DEPOSIT INTERNET TRANSFER,Ach Deposit,Payment,Payment,-65.95,Ana
        """,
        (3, 0, "2024-08-14", "2024-08-20", "65.95", "65.95"),
    ),
    "truist_brackets": (
        """\
        Posted Date,Transaction Date,Transaction Type,Check/Serial #,Full description,Merchant name,Category name,Sub-category name,Amount,Daily Posted Balance
        08/16/2024,08/15/2024,Debit,,DEBIT CARD PURCHASE DINER,Diner,Food,Restaurants,($22.40),$977.60
        08/15/2024,08/15/2024,Credit,,PAYROLL EMPLOYER,,Income,Paycheck,"$1,000.00","$1,000.00"
        """,
        (2, 0, "2024-08-15", "2024-08-15", "22.40", "1000.00"),
    ),
    "paypal_net_counts": (
        """\
        "Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","Transaction ID"
        "13/08/2024","10:00:00","GMT","Web Shop","Express Checkout Payment","Completed","GBP","-20.00","0.00","-20.00","1AB"
        "14/08/2024","10:00:00","GMT","Ana","Mobile Payment","Completed","GBP","50.00","-1.50","48.50","2CD"
        "15/08/2024","10:00:00","GMT","Shop","Express Checkout Payment","Denied","GBP","-9.00","0.00","-9.00","3EF"
        """,
        (2, 1, "2024-08-13", "2024-08-14", "20.00", "48.50"),
    ),
    "fidelity_price_is_no_amount": (
        """\


        Run Date,Action,Symbol,Description,Type,Price ($),Quantity,Commission ($),Fees ($),Amount ($),Settlement Date
        08/14/2024,"DEBIT CARD PURCHASE GROCER",,No Description,Cash,,0.000,,,-41.10,
        08/16/2024,"DIRECT DEPOSIT EMPLOYER",,No Description,Cash,,0.000,,,900.00,

        "The data and information in this spreadsheet is provided to you solely for your use"
        """,
        (2, 1, "2024-08-14", "2024-08-16", "41.10", "900.00"),
    ),
    "old_french_bank_signed_by_words": (
        """\
        Date;Montant;Libelle;Sens
        18/08/2024;12,00;Retrait DAB;Debit
        19/08/2024;70,00;Remise cheque;Credit
        """,
        (2, 0, "2024-08-18", "2024-08-19", "12.00", "70.00"),
    ),
    "german_soll_haben_letters_headerless": (
        """\
        01.08.2024;Bäckerei;3,40;S
        02.08.2024;Lohn;1.900,00;H
        05.08.2024;Miete;700,00;S
        """,
        (3, 0, "2024-08-01", "2024-08-05", "703.40", "1900.00"),
    ),
    "spreadsheet_with_title_and_total": (
        """\
        My spending,,
        ,,
        Day,What,How much
        2024-08-01,Bread,-3.20
        2024-08-02,Wages,900
        Total,,896.80
        """,
        (2, 1, "2024-08-01", "2024-08-02", "3.20", "900"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_layout_is_found_from_the_content(case: str) -> None:
    text, expected = CASES[case]
    content = dedent(text).encode()
    found = detect(content)
    read = summarise(case, found, rows(BytesIO(content), found.layout))
    assert read.rejected == []
    stated = read.as_json()
    got = (
        read.transactions, read.not_transactions, stated["first_date"], stated["last_date"],
        stated["money_out"], stated["money_in"],
    )  # fmt: skip
    assert got == expected


@pytest.mark.parametrize("case", CASES)
def test_layout_survives_being_saved(case: str) -> None:
    content = dedent(CASES[case][0]).encode()
    layout = detect(content).layout
    again = type(layout).from_json(layout.to_json())
    assert again == layout
    found = detect(content, saved=[layout])
    assert found.saved
    assert list(rows(BytesIO(content), found.layout)) == list(rows(BytesIO(content), layout))


def test_every_row_is_one_of_three() -> None:
    content = dedent(CASES["bradesco_credit_before_debit"][0]).encode()
    read = list(rows(BytesIO(content), detect(content).layout))
    kinds = [type(row) for row in read]
    assert kinds == [Line, Line, NotATransaction]
    assert Reject not in kinds
