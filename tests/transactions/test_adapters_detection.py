"""What is found in a file, how it is said, and what a person may change."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from transactions.adapters import (
    ADAPTERS,
    Detection,
    Evidence,
    Layout,
    Line,
    Refused,
    Reject,
    detect,
    rows,
)
from transactions.adapters.dayorder import decide
from transactions.adapters.encodings import find_encoding
from transactions.adapters.words import heading


def _evidence(found: Detection, what: str) -> Evidence:
    return next(e for e in found.evidence if e.what == what)


def _amounts(content: bytes, layout: Layout) -> list[str]:
    return [str(r.amount) for r in rows(BytesIO(content), layout) if isinstance(r, Line)]


def test_the_names_of_the_api_are_the_adapters() -> None:
    assert {"GENERIC_CSV", "CHASE", "DISCOVER_CARD", "CAPITALONE"} <= set(ADAPTERS)


def test_day_order_says_how_many_rows_fail_the_other_way() -> None:
    days = [f"{d:02d}.03.2024" for d in range(1, 31)]
    order, evidence, decided = decide(days)
    assert (order, decided) == ("dmy", True)
    assert evidence.why == "all rows fit; month first fails on 18"


def test_rows_that_lie_close_together_settle_the_order() -> None:
    order, evidence, decided = decide(["05/09/2026", "03/09/2026", "02/09/2026"])
    assert (order, decided) == ("dmy", True)
    assert "one month" in evidence.why
    assert decide(["09/05/2026", "09/03/2026", "09/02/2026"])[0] == "mdy"


def test_day_named_in_the_text_settles_the_order() -> None:
    order, _, decided = decide(["02/09/2026"], texts=["TESCO STORES ON 01 SEP"])
    assert (order, decided) == ("dmy", True)


def test_the_rows_themselves_outvote_what_a_bank_usually_does() -> None:
    assert decide(["25/08/2024", "26/08/2024"], prior="mdy")[0] == "dmy"
    assert decide(["05/08/2024"], prior="mdy")[0] == "mdy"


def test_one_day_alone_decides_nothing() -> None:
    assert decide(["03/04/2024"])[2] is False
    assert decide(["03/04/2024"] * 9)[2] is False


def test_questions_carry_the_answers_a_person_may_choose() -> None:
    content = b"Date,Text,Amount\n03/04/2024,GROCER,-1.00\n"
    with pytest.raises(Refused) as refusal:
        detect(content)
    guess = refusal.value.detection
    assert guess is not None
    question = _evidence(guess, "Day order")
    assert question.field == "date_order"
    days = set()
    for value in [guess.layout.date_order, *(o.value for o in question.options)]:
        layout = replace(guess.layout, **{question.field: value})
        days |= {r.booked_on for r in rows(BytesIO(content), layout) if isinstance(r, Line)}
    assert days == {date(2024, 4, 3), date(2024, 3, 4)}


def test_sign_can_be_flipped() -> None:
    content = b"Date,Text,Amount\n2024-08-01,GROCER,1.00\n2024-08-02,PAYMENT THANK YOU,-1.00\n"
    found = detect(content)
    assert found.layout.sign == "reversed"
    assert _amounts(content, found.layout) == ["-1.00", "1.00"]
    assert _amounts(content, found.layout.flipped()) == ["1.00", "-1.00"]


@pytest.mark.parametrize(
    "content",
    [
        b"Date,Text,Amount,Debit or credit\n2024-08-01,A,1.00,Debit\n2024-08-02,B,2.00,Credit\n",
        b"Date,Text,Debit,Credit\n2024-08-01,A,1.00,\n2024-08-02,B,,2.00\n",
        b"Date,Text,Amount\n2024-08-01,A,-1.00\n2024-08-02,B,+2.00\n",
    ],
)
def test_every_sign_convention_flips(content: bytes) -> None:
    layout = detect(content).layout
    assert _amounts(content, layout) == ["-1.00", "2.00"]
    assert _amounts(content, layout.flipped()) == ["1.00", "-2.00"]
    assert layout.flipped().flipped() == layout


def test_unsaid_sign_is_marked_as_unsure() -> None:
    content = b"Date,Text,Amount\n2024-08-01,AAA,1.00\n2024-08-02,BBB,2.00\n"
    assert not _evidence(detect(content), "Sign").sure


def test_decimal_mark_says_what_it_rests_on() -> None:
    content = b"Date;Text;Amount\n01.08.2024;A;-1.284,07\n02.08.2024;B;-3,20\n"
    found = _evidence(detect(content), "Decimal mark")
    assert found.found == "comma: 1.284,07"
    assert found.why == "no value fits both ways"
    assert found.sure


def test_start_of_the_table_is_said() -> None:
    content = b"My bank\nAccount 1\n\nDate,Text,Amount\n2024-08-01,A,-1.00\n"
    found = _evidence(detect(content), "Starts at")
    assert found.found == "line 4"
    assert "after 2 lines" in found.why


def test_accounts_are_counted() -> None:
    content = b"Date,Text,Amount,Account\n2024-08-01,A,-1.00,one\n2024-08-01,B,-1.00,two\n"
    assert _evidence(detect(content), "Account").found == "2 found"


def test_each_column_shows_its_first_value() -> None:
    content = b"Date,Text,Amount\n2024-08-01,A,-1.00\n2024-08-02,,-2.00\n"
    assert detect(content).first_values == ("2024-08-01", "A", "-1.00")


def test_saved_mapping_goes_before_everything_else() -> None:
    content = b"Date,Text,Amount\n03/04/2024,GROCER,-1.00\n"
    mine = Layout(
        adapter="GENERIC_CSV", first_line=2, header=("Date", "Text", "Amount"), widths=(3,),
        columns={"booked_on": (0,), "text": (1,), "amount": (2,)}, date_order="mdy",
        sign="reversed",
    )  # fmt: skip
    longer = b"A title\n\n" + content
    found = detect(longer, saved=[mine])
    assert found.saved
    assert found.layout.first_line == 4
    (line,) = [r for r in rows(BytesIO(longer), found.layout) if isinstance(r, Line)]
    assert (str(line.amount), line.booked_on) == ("1.00", date(2024, 3, 4))
    assert (
        detect(b"Date,Text,Amount,Balance\n2024-01-01,A,-1.00,2.00\n", saved=[mine]).saved is False
    )


def test_mapping_of_another_header_has_another_signature() -> None:
    one = detect(b"Date,Text,Amount\n2024-08-01,A,-1.00\n").layout
    same = detect(b"Title\n date , TEXT,Amount\n2023-08-01,B,-2.50\n").layout
    other = detect(b"Date,Text,Amount,Balance\n2024-08-01,A,-1.00,2.00\n").layout
    assert one.signature() == same.signature()
    assert one.signature() != other.signature()


@pytest.mark.parametrize(
    "change",
    [
        {"sign": "sideways"},
        {"decimal": "x"},
        {"delimiter": ",,"},
        {"date_order": "ydm"},
        {"columns": {}},
        {"columns": {"booked_on": [0]}},
        {"columns": {"booked_on": [0], "amount": [1], "mood": [2]}},
        {"columns": {"booked_on": [0], "amount": [7]}},
        {"columns": {"booked_on": [-1], "amount": [1]}},
        {"columns": [0, 1]},
        {"columns": {"booked_on": 0}},
        {"encoding": "klingon"},
        {"widths": 3},
        {"surprise": 1},
    ],
)
def test_broken_saved_mapping_is_refused(change: dict[str, object]) -> None:
    stored = detect(b"Date,Text,Amount\n2024-08-01,A,-1.00\n").layout.to_json()
    with pytest.raises(ValueError, match=r"\w"):
        Layout.from_json({**stored, **change})


def test_chase_file_saved_again_by_a_european_spreadsheet() -> None:
    content = (
        "Transaction Date;Post Date;Description;Category;Type;Amount;Memo\n"
        "13/08/2024;14/08/2024;GROCER;Groceries;Sale;-5.75;\n"
    ).encode("utf-8-sig")
    found = detect(content)
    assert (found.adapter, found.layout.date_order) == ("CHASE", "dmy")
    assert _amounts(content, found.layout) == ["-5.75"]


def test_provider_id_is_taken_only_where_it_names_each_row() -> None:
    good = b"Id,Date,Text,Amount\ntx_a,2024-08-01,A,-1.00\ntx_b,2024-08-01,A,-1.00\n"
    counted = b"Id,Date,Text,Amount\n1,2024-08-01,A,-1.00\n2,2024-08-01,A,-1.00\n"
    twice = b"Id,Date,Text,Amount\ntx_a,2024-08-01,A,-1.00\ntx_a,2024-08-01,B,-1.00\n"
    assert "provider_id" in detect(good).layout.columns
    assert "provider_id" not in detect(counted).layout.columns
    assert "provider_id" not in detect(twice).layout.columns


def test_code_page_is_found_by_the_words() -> None:
    assert find_encoding("Début;Crédit é".encode("cp1252"), complete=True)[0] == "cp1252"
    czech = "Datum;Částka;Měna účtu;Zpráva pro příjemce".encode("cp1250")
    assert find_encoding(czech, complete=True)[0] == "cp1250"
    polish = "Data;Opis;Wpłata gotówki, Żabka, Łódź".encode("cp1250")
    assert find_encoding(polish, complete=True)[0] == "cp1250"
    assert find_encoding("Fecha;Descripción;Año £5".encode("cp1252"), complete=True)[0] == "cp1252"


def test_letter_cut_at_the_end_of_the_head_is_no_damage() -> None:
    head = "Date,Text,Amount\n2024-08-01,Café".encode()[:-1]
    assert find_encoding(head, complete=False)[0] == "utf-8"


def test_headings_of_many_languages() -> None:
    kinds = {
        "Buchungstag": "day_booking", "Wertstellung": "day_value", "Betrag (EUR)": "amount",
        "Libellé": "text", "Débit": "money_out", "Crédit": "money_in", "Importe": "amount",
        "Fecha operación": "day_transaction", "Omschrijving": "text", "Af Bij": "direction",
        "Zaúčtovaná částka": "amount", "Running Bal.": "balance", "RunningBalance": "balance",
        "Saldo po operacji": "balance", "Amount (fee)": "fee", "Betrag (Fremdwährung)": "foreign",
        "Gläubiger-ID": "other", "Zahlungsdatum": "day", "Rechnungsbetrag": "amount", "Xyzzy": "",
    }  # fmt: skip
    assert {name: heading(name).kind for name in kinds} == kinds
    assert heading("Withdrawals (SGD)") == ("money_out", 3, "SGD")
    assert heading("CAD$") == ("amount", 2, "CAD")


def test_head_alone_is_enough_and_the_rest_is_read_by_it() -> None:
    lines = [f"2024-08-{1 + n % 28:02d},ROW {n},{-n}.50" for n in range(1, 4000)]
    content = "\n".join(["Date,Text,Amount", *lines]).encode()
    found = detect(content[:10_000], complete=False)
    read = list(rows(BytesIO(content), found.layout))
    assert len(read) == 3999
    assert not [r for r in read if isinstance(r, Reject)]


SIGNED = {
    "bills paid from an account": [
        ("CITY POWER AUTOPAY", "-80.00"), ("CREDIT CARD PAYMENT", "-300.00"),
        ("INTERNET PAYMENT 4411", "-25.00"), ("SOMEONE", "50.00"),
    ],
    "a single odd word": [("REFUND FEE", "-1.00"), ("A", "-2.00"), ("B", "3.00"), ("REFUND", "-4.00")],
    "plus and minus written out": [("GROCER", "+ 5.00"), ("COFFEE", "+ 3.00"), ("A", "- 2.00")],
}  # fmt: skip
REVERSED = {
    "purchases of a card": [("COFFEE", "4.00"), ("GROCER", "30.00"), ("THANK YOU PAYMENT", "-34.00")],
    "purchases alone": [("COFFEE", "4.00"), ("GROCER", "30.00"), ("SHOE STORE", "60.00")],
    "many unknown shops, few payments": [(f"QQQ {n}", "5.00") for n in range(9)] + [("ZZ", "-45.00")],
}  # fmt: skip


@pytest.mark.parametrize("case", [*SIGNED, *REVERSED])
def test_sign_is_told_by_the_words_of_the_rows(case: str) -> None:
    rows_ = {**SIGNED, **REVERSED}[case]
    lines = [f"2024-08-{n:02d},{text},{amount}" for n, (text, amount) in enumerate(rows_, 1)]
    found = detect("\n".join(["Date,Text,Amount", *lines]).encode())
    assert found.layout.sign == ("signed" if case in SIGNED else "reversed")


def test_balance_tells_the_sign_where_nothing_else_does() -> None:
    down = b"Date,Text,Amount,Balance\n2024-08-01,A,1.00,99.00\n2024-08-02,B,2.00,97.00\n"
    up = b"Date,Text,Amount,Balance\n2024-08-01,A,1.00,101.00\n2024-08-02,B,2.00,103.00\n"
    assert detect(down).layout.sign == "reversed"
    assert detect(up).layout.sign == "signed"
    assert "falls" in _evidence(detect(down), "Sign").why


def test_one_returning_payment_does_not_settle_the_day_order() -> None:
    days = ["05/01/2024", "05/02/2024", "05/03/2024"]
    assert decide(days, texts=["RENT"] * 3)[2] is False


def test_choices_of_a_person_are_followed() -> None:
    content = b"Date,Text,Amount\n03/04/2024,GROCER,1.00\n"
    found = detect(content, choices={"date_order": "mdy", "sign": "reversed"})
    assert _evidence(found, "Day order").why == "as you chose"
    (line,) = [r for r in rows(BytesIO(content), found.layout) if isinstance(r, Line)]
    assert (line.booked_on, str(line.amount)) == (date(2024, 3, 4), "-1.00")


def test_chosen_delimiter_encoding_and_start_are_read_anew() -> None:
    content = "Art;Tag;a|b\nDate|Text|Amount\n2024-08-01|Zoë|-1.00\n".encode("cp1252")
    found = detect(content, choices={"delimiter": "|", "encoding": "mac-roman", "header_line": "2"})
    assert (found.layout.delimiter, found.layout.encoding) == ("|", "mac-roman")
    assert found.layout.header == ("Date", "Text", "Amount")
    (line,) = [r for r in rows(BytesIO(content), found.layout) if isinstance(r, Line)]
    assert line.text == "ZoÎ"


def test_question_that_was_not_answered_is_asked_again() -> None:
    with pytest.raises(Refused):
        detect(b"Date,Text,Amount\n03/04/2024,GROCER,1.00\n", choices={"sign": "reversed"})


@pytest.mark.parametrize(
    "choices",
    [
        {"delimiter": "x"},
        {"encoding": "rot13"},
        {"header_line": "99"},
        {"header_line": "-1"},
        {"sign": "up"},
        {"sign": "direction"},
        {"date_order": "x"},
    ],
)
def test_choice_that_makes_no_sense_changes_nothing(choices: dict[str, str]) -> None:
    content = b"Date,Text,Amount\n2024-08-01,GROCER,-1.00\n"
    assert detect(content, choices=choices).layout == detect(content).layout
