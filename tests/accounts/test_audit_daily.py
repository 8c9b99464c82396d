"""The day's last head by mail: once for each bank and day, and the verifier takes it as it arrives."""

import json
import logging
import textwrap
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.audit import daily, sealing
from accounts.audit.models import AuditSeal
from accounts.audit.verification import read_heads, verify_bank
from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile
from accounts.jobs import services
from accounts.jobs.models import Job
from accounts.logs import JsonLines
from accounts.models import User
from config import tasks
from tests.accounts.audit_log import sql, write
from tests.conftest import NORTH, SOUTH
from tests.seen import seen

# In Berlin's summer the 9th of June ends at 22:00 UTC; the database's own clock is later.
NIGHT = datetime(2026, 6, 9, 22, 0, 1, tzinfo=UTC)


@pytest.fixture
def bank(north: str, settings: Any) -> str:
    sql("truncate audit_auditentry, audit_auditseal")
    settings.AUDIT_HEADS_TO = ["heads@operators.example"]
    return north


def sealed(at: datetime) -> AuditSeal:
    write(3)
    return sealing.seal_bank(now=at)[0]


def job() -> Job:
    return Job.objects.get(kind=daily.KIND)


def heads_of(text: str) -> list[Any]:
    return read_heads(text.splitlines(keepends=True))


def test_the_last_head_of_the_day_is_mailed_once(bank: str) -> None:
    sealed(NIGHT - timedelta(hours=9))
    last = sealed(NIGHT - timedelta(seconds=2))
    sealed(NIGHT + timedelta(seconds=2))
    assert daily.put_daily_head(NIGHT) == 1 and daily.put_daily_head(NIGHT) == 0
    assert daily.put_daily_head(NIGHT + timedelta(hours=3)) == 0
    assert job().unique_key == "audit_head:2026-06-09"
    assert services.run_job(job().pk) and not services.run_job(job().pk)
    (sent,) = mail.outbox
    assert sent.to == ["heads@operators.example"] and "2026-06-09" in sent.subject
    (head,) = heads_of(str(sent.body))
    assert (head.bank, head.no, head.hash) == (NORTH, last.no, bytes(last.hash))
    assert job().result == {"day": "2026-06-09", "seal": last.no, "to": 1}


def test_a_mail_holds_digests_alone(bank: str) -> None:
    write(5)
    seal = sealing.seal_bank(now=NIGHT - timedelta(hours=1))[0]
    body = str(daily.message(daily.day_of(date(2026, 6, 9)), seal, ["a@b.example"]).body)
    assert "person" not in body and "Nothing was written" not in body
    quiet = daily.message(daily.day_of(date(2026, 6, 10)), seal, ["a@b.example"])
    assert "Nothing was written on this day." in str(quiet.body)


def test_every_bank_gets_its_own_day_from_the_clock(bank: str) -> None:
    with in_bank(SOUTH):
        BankProfile.objects.update(time_zone="Pacific/Auckland")
    tasks.plan_nights()
    keys = {}
    for schema in (NORTH, SOUTH):
        with in_bank(schema):
            keys[schema] = job().unique_key
    assert all(key and key.startswith("audit_head:") for key in keys.values())
    tasks.plan_nights()
    assert Job.objects.filter(kind=daily.KIND).count() == 1


def test_nobody_named_means_nothing_sent(bank: str, settings: Any) -> None:
    settings.AUDIT_HEADS_TO = []
    sealed(NIGHT - timedelta(hours=1))
    assert daily.put_daily_head(NIGHT) == 0 and not Job.objects.filter(kind=daily.KIND).exists()
    settings.AUDIT_HEADS_TO = ["heads@operators.example"]
    assert daily.put_daily_head(NIGHT) == 1, "whoever is named later in the day gets it then"
    settings.AUDIT_HEADS_TO = []
    services.run_job(job().pk)
    assert mail.outbox == [] and job().state == Job.State.DONE


def test_a_mail_that_can_not_be_sent_is_tried_again(
    bank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(NIGHT - timedelta(hours=1))
    daily.put_daily_head(NIGHT)

    def refuse(*_args: Any, **_more: Any) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuse)
        services.run_job(job().pk)
    assert (job().state, job().failures) == (Job.State.DUE, 1) and mail.outbox == []
    Job.objects.update(run_at=NIGHT)
    services.run_job(job().pk)
    assert job().state == Job.State.DONE and len(mail.outbox) == 1


def test_both_mails_of_one_day_carry_one_id(bank: str) -> None:
    seal = sealed(NIGHT - timedelta(hours=1))
    day = daily.day_of(date(2026, 6, 9))
    one, two = (
        daily.message(day, seal, ["a@b.example"]).message()["Message-ID"] for _n in range(2)
    )
    assert one == two and NORTH in one


# -- what the verifier takes ---------------------------------------------------------------------


def verify(file: Any) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit_verify", "--bank", NORTH, "--heads", str(file), stdout=out)
    except SystemExit as error:
        return int(str(error.code)), out.getvalue()
    return 0, out.getvalue()


def as_sent(body: str) -> str:
    return body


def as_forwarded(body: str) -> str:
    """Quoted, and broken in the middle of a word."""
    lines = [part for line in body.splitlines() for part in textwrap.wrap(line, 60) or [""]]
    return "\r\n".join(f"> {line}" for line in lines)


@pytest.mark.parametrize("arrives", [as_sent, as_forwarded])
def test_the_verifier_reads_a_saved_mail(bank: str, tmp_path: Any, arrives: Any) -> None:
    sealed(NIGHT - timedelta(hours=2))
    last = sealed(NIGHT - timedelta(hours=1))
    file = tmp_path / "mail.txt"
    sent = daily.message(daily.day_of(date(2026, 6, 9)), last, ["a@b.example"])
    file.write_text(arrives(str(sent.body)), newline="")
    code, text = verify(file)
    assert code == 0 and "1 compared" in text
    sql("delete from audit_auditseal where no = %s", last.no)
    sql("delete from audit_auditentry where id > (select through from audit_auditseal)")
    code, text = verify(file)
    assert code == 1 and "the end was cut off" in text


def test_a_file_without_a_head_of_the_bank_is_no_proof(bank: str, tmp_path: Any) -> None:
    seal = sealed(NIGHT)
    file = tmp_path / "heads.log"
    for text in ("", "nothing of that kind\n", sealing.head_line("south", seal) + "\n"):
        file.write_text(text)
        code, said = verify(file)
        assert code == 1, text
        assert f"{file} holds no head of {NORTH}, so nothing was compared." in said
        assert "Nothing was tampered with" not in said and "TAMPERED" not in said
    file.write_text(sealing.head_line(NORTH, seal) + "\n")
    assert verify(file)[0] == 0


def test_of_all_banks_each_that_has_no_head_in_the_file_is_named(bank: str, tmp_path: Any) -> None:
    file = tmp_path / "heads.log"
    file.write_text(sealing.head_line(NORTH, sealed(NIGHT)) + "\n")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", "--all", "--json", "--heads", str(file), stdout=out)
    assert ended.value.code == 1
    lacking = {b["bank"]: b["heads_lacking"] for b in map(json.loads, out.getvalue().splitlines())}
    assert lacking.pop(NORTH) == "" and lacking
    for name, said in lacking.items():
        assert said == f"{file} holds no head of {name}, so nothing was compared."


def test_the_verifier_reads_the_log_as_it_is_written(bank: str) -> None:
    """Log lines are JSON, in which the head is one text; digits in it are no card number."""
    seal = sealed(NIGHT)
    line = sealing.head_line(NORTH, seal)
    record = logging.LogRecord("audit.heads", logging.INFO, "", 0, "%s", (line,), None)
    written = JsonLines().format(record)
    assert json.loads(written)["message"] == line
    assert verify_bank(heads=heads_of(f"beat-1  | {written}\n")).heads_checked == 1
    digits = "4111111111111111"
    odd = logging.LogRecord("audit.heads", logging.INFO, "", 0, f"{digits}", (), None)
    assert digits in JsonLines().format(odd)


def test_a_broken_head_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="This head can't be read"):
        heads_of('audit head {"bank": "north", "no"\nsomething else\n')


# -- in the admin --------------------------------------------------------------------------------


def test_the_admin_says_who_gets_it(
    north_client: Client, bank: str, ada: User, settings: Any
) -> None:
    north_client.force_login(ada)
    url = reverse("admin:customers_bankprofile_change", args=[1])
    settings.AUDIT_HEADS_TO = []
    assert "nobody is named, so nothing is sent" in north_client.get(url).content.decode()
    form = {"name": "North", "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR",
            "locale": "en", "brand": "", "k": "10", "business_day": ""}  # fmt: skip
    wrong = form | {"heads_to": "a@b.example, not one"} | seen(north_client, url)
    assert "“not one” is no e-mail address" in north_client.post(url, wrong).content.decode()
    right = form | {"heads_to": "a@b.example,  c@d.example"} | seen(north_client, url)
    assert north_client.post(url, right).status_code == 302
    assert BankProfile.objects.get().heads_to == "a@b.example, c@d.example"
    settings.AUDIT_HEADS_TO = ["heads@operators.example"]
    page = north_client.get(url).content.decode()
    assert "once a day, to 3 addresses. 1 of them is the operators&#x27;." in page
