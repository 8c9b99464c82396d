"""The table of a folder against its answers."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from transactions.adapters.report import check_folder

HEADER = "file,transactions,rows_not_transactions,first_date,last_date,money_out,money_in\n"
GOOD = "Date,Text,Amount\n2024-08-01,BREAD,-3.20\n2024-08-02,WAGES,900.00\n"


def _folder(path: Path, *answers: str, ofx: str = "") -> Path:
    (path / "a.csv").write_text(GOOD)
    (path / "b.csv").write_text("Date,Text,Amount\n03/04/2024,GROCER,-1.00\n")
    (path / "chase_b.csv").write_text("Date,Text,Amount\n03/04/2024,GROCER,-1.00\n")
    (path / "c.ofx").write_text("OFXHEADER:100\n<OFX>\n")
    (path / "expected.csv").write_text(HEADER + "\n".join(answers) + "\n")
    if ofx:
        (path / "expected_ofx.csv").write_text(f"file,transactions,first_amounts\n{ofx}\n")
    return path


def _verdicts(path: Path) -> list[tuple[str, str, bool]]:
    return [(c.file, c.verdict, c.good) for c in check_folder(path)]


def test_equal_and_clearly_refused_files_are_good(tmp_path: Path) -> None:
    _folder(
        tmp_path,
        "a.csv,2,0,2024-08-01,2024-08-02,3.2,900",
        "b.csv,1,0,2024-04-03,2024-04-03,1.00,0",
        ofx="c.ofx,0,",
    )
    assert _verdicts(tmp_path) == [
        ("a.csv", "equal", True), ("b.csv", "refused", True), ("c.ofx", "refused", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        "a.csv,3,0,2024-08-01,2024-08-02,3.20,900",
        "a.csv,2,1,2024-08-01,2024-08-02,3.20,900",
        "a.csv,2,0,2024-08-02,2024-08-02,3.20,900",
        "a.csv,2,0,2024-08-01,2024-08-01,3.20,900",
        "a.csv,2,0,2024-08-01,2024-08-02,3.21,900",
        "a.csv,2,0,2024-08-01,2024-08-02,3.20,900.01",
        "gone.csv,2,0,2024-08-01,2024-08-02,3.20,900",
        "chase_b.csv,1,0,2024-04-03,2024-04-03,1.00,0",
    ],
)
def test_any_difference_is_bad(answer: str, tmp_path: Path) -> None:
    ((_, _, good),) = _verdicts(_folder(tmp_path, answer))
    assert not good


def test_difference_names_figure_and_answer(tmp_path: Path) -> None:
    _folder(tmp_path, "a.csv,2,0,2024-08-01,2024-08-02,4.00,900")
    (check,) = check_folder(tmp_path)
    assert check.detail == "money_out is 3.20, not 4.00"


def test_table_ends_with_its_counts_and_code(tmp_path: Path) -> None:
    out = StringIO()
    call_command(
        "check_exports", _folder(tmp_path, "a.csv,2,0,2024-08-01,2024-08-02,3.2,900"), stdout=out
    )
    assert out.getvalue().splitlines()[-1] == "1 files: 1 equal, 0 refused, 0 not as they should be"
    with pytest.raises(SystemExit) as end:
        call_command("check_exports", _folder(tmp_path, "a.csv,9,0,,,,"), stdout=out)
    assert end.value.code == 1


def test_folder_without_answers_ends_with_code_two(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as error:
        call_command("check_exports", tmp_path)
    assert error.value.returncode == 2


def test_real_exports_are_all_as_they_should_be(data: Path) -> None:
    out = StringIO()
    call_command("check_exports", data / "exports", stdout=out)
    assert out.getvalue().splitlines()[-1].endswith("0 not as they should be")
