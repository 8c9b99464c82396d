"""The watched folder: files laid down for a bank are brought in, moved away, and answered by a note beside them.

    WATCHED_FOLDER/<bank's schema>/<customer's reference>/statement.csv    a file of one customer
    WATCHED_FOLDER/<bank's schema>/many.csv                                a file with a column for the customer

Everything is opened below the bank's own folder, name by name and without following links, so no name leads out
of it. What became of a file is written in the transaction that brings its rows in; a sweep that was killed before
it moved the file finds that there and only moves it.
"""

import fcntl
import hashlib
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from transactions.imports import by_hand
from transactions.imports.bulk.covering import covered
from transactions.imports.folders import FileAccounts, storable
from transactions.models import ImportBatch, WatchedFile

SOURCE = "watched"
DONE, FAILED = "done", "failed"
_KEPT_BACK = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
_LONGEST_NAME = 120
ISSUES_SAID = 50
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# Nothing waits at a pipe that somebody laid down as a file.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """One file: the folder it lay in, and what became of it (None: it could not be moved away)."""

    folder: str
    row: WatchedFile
    moved: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder below the bank's, open: its name, "" for the bank's own."""

    name: str
    fd: int


class _Changed(Exception):
    """The file was written to while it was read; it is left for the next sweep."""


def sweep(root: Path, schema: str, *, settle_seconds: float) -> list[Swept]:
    """Brings in what lies ready in the bank's folder; the caller stands in that bank.

    Parameters: `settle_seconds` is how long a file must have been left alone to count as complete. A second
    sweep of the same folder at the same time finds nothing to do.
    """
    with ExitStack() as opened:
        try:
            root_fd = opened.enter_context(_open(str(root), _DIRECTORY & ~os.O_NOFOLLOW))
            bank = _Place("", opened.enter_context(_open(schema, _DIRECTORY, dir_fd=root_fd)))
        except OSError:
            return []
        lock = opened.enter_context(
            _open(".lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, dir_fd=bank.fd)
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return []
        _note_moved(bank)
        return [
            found
            for place in _places(bank, opened)
            for name in _names(place)
            if (found := _take(bank, place, name, settle_seconds)) is not None
        ]


@contextmanager
def _open(name: str, flags: int, dir_fd: int | None = None) -> Iterator[int]:
    fd = os.open(name, flags, 0o600, dir_fd=dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _places(bank: _Place, opened: ExitStack) -> Iterator[_Place]:
    """The bank's own folder, then those of customers; one open at a time."""
    yield bank
    for name in sorted(os.listdir(bank.fd)):
        if name.startswith(".") or name in (DONE, FAILED):
            continue
        try:
            with _open(name, _DIRECTORY, dir_fd=bank.fd) as fd:
                yield _Place(name, fd)
        except OSError:  # a file, a link, or nothing we may enter
            continue


def _names(place: _Place) -> list[str]:
    return [
        name
        for name in sorted(os.listdir(place.fd))
        if not name.startswith(".") and not name.lower().endswith(_KEPT_BACK)
    ]


def _take(bank: _Place, place: _Place, name: str, settle_seconds: float) -> Swept | None:
    """One name of a folder, if it is a file that is ready."""
    try:
        fd = os.open(name, _FILE, dir_fd=place.fd)
    except OSError:
        return None
    try:
        about = os.fstat(fd)
        # A file with a second name may be somebody else's.
        ready = stat.S_ISREG(about.st_mode) and about.st_nlink == 1
        age = time.time() - max(about.st_mtime, about.st_ctime)
    except BaseException:
        os.close(fd)
        raise
    if not ready or age < settle_seconds:
        os.close(fd)
        return None
    with os.fdopen(fd, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        known = WatchedFile.objects.filter(
            folder=_said(place.name, 80), name=_said(name, 200), sha256=digest, moved_at=None
        ).first()
        try:
            row, notes = (known, []) if known else _bring(place, name, stream, digest, about)
        except _Changed:
            return None
    return Swept(place.name, row, _move(bank, place, name, row, notes))


def _bring(
    place: _Place, name: str, stream: object, digest: str, about: os.stat_result
) -> tuple[WatchedFile, list[str]]:
    """The file's rows and the note of them, in one transaction. Raises _Changed."""
    customer = Customer.objects.filter(reference=place.name).first() if place.name else None
    with transaction.atomic():
        row = WatchedFile(
            folder=_said(place.name, 80), name=_said(name, 200), sha256=digest, size=about.st_size,
            customer=customer, state=WatchedFile.State.FAILED,
        )  # fmt: skip
        notes: list[str] = []
        if place.name and customer is None:
            row.code = "customer_unknown"
            row.sentence = "The folder is called after no customer’s reference."
        else:
            notes = _import(row, name, stream, customer)
        if _stamp(os.fstat(stream.fileno())) != _stamp(about):  # type: ignore[attr-defined]
            raise _Changed
        row.save()
    return row, notes


def _import(row: WatchedFile, name: str, stream: object, customer: Customer | None) -> list[str]:
    def as_they_are(batch: ImportBatch) -> ImportBatch:
        return batch

    settle = as_they_are
    if customer is not None:
        settle = FileAccounts(customer, bank_profile().currency, source=SOURCE).settle
    brought = by_hand.bring_file(
        Path(storable(name)), customer=customer, account=None, source=SOURCE, settle=settle,
        opened=stream, most_issues=ISSUES_SAID,  # type: ignore[arg-type]
    )  # fmt: skip
    row.counts = {key: n for key, n in brought.counts.items() if isinstance(n, int)}
    if brought.refused is not None:
        row.code, row.sentence = brought.refused.code[:40], covered(brought.refused.sentence)[:500]
    elif brought.state == by_hand.DONE:
        row.state = WatchedFile.State.DONE
        row.batch = ImportBatch.objects.get(public_id=brought.batch)
    elif brought.left_out:
        row.code = "no_row"
        row.sentence = f"None of its rows could be brought in; {brought.left_out:,} were left out."
    else:
        row.state = WatchedFile.State.NOTHING_NEW
    notes = [by_hand.issue_text(issue).strip() for issue in brought.issues]
    if brought.left_out > len(notes):
        notes.append(f"and {brought.left_out - len(notes):,} more")
    return notes


def _move(bank: _Place, place: _Place, name: str, row: WatchedFile, notes: list[str]) -> bool:
    """The note first, then the file: whoever finds the file in its new place finds the note beside it."""
    try:
        with _target(bank, place, row, make=True) as to:
            new_name = _new_name(row, name)
            _write(to, f"{new_name}.note.txt", _note(row, notes))
            os.rename(name, new_name, src_dir_fd=place.fd, dst_dir_fd=to)
    except OSError as error:
        # It stays where it is; its rows are in, and the next sweep only tries to move it again.
        log.warning("watched folder: file %s could not be moved (%s)", row.pk, error.strerror)
        return False
    row.moved_at = timezone.now()
    row.save(update_fields=["moved_at"])
    return True


@contextmanager
def _target(bank: _Place, place: _Place, row: WatchedFile, *, make: bool) -> Iterator[int]:
    with ExitStack() as opened:
        at = bank.fd
        top = FAILED if row.state == WatchedFile.State.FAILED else DONE
        for part in filter(None, (top, place.name)):
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=at)
            at = opened.enter_context(_open(part, _DIRECTORY, dir_fd=at))
        yield at


def _new_name(row: WatchedFile, name: str) -> str:
    """One that no other file has, and the same whenever it is asked for."""
    kept = os.fsencode(name)[-_LONGEST_NAME:]
    return os.fsdecode(os.fsencode(f"{row.found_at:%Y%m%dT%H%M%S}-{row.pk}-") + kept)


def _write(folder_fd: int, name: str, text: str) -> None:
    """Whole or not at all."""
    with _open(
        f".{name[:200]}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, folder_fd
    ) as fd:
        os.write(fd, text.encode())
    os.rename(f".{name[:200]}", name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)


def _note(row: WatchedFile, notes: list[str]) -> str:
    """What became of the file, for whoever laid it down: counts and reasons, nothing of what rows say."""
    said = [str(WatchedFile.State(row.state).label)]
    if row.sentence:
        said.append(f"{row.sentence} ({row.code})")
    said += [f"{name.replace('_', ' ')}: {n}" for name, n in row.counts.items() if n]
    if row.batch is not None:
        said.append(f"import: {row.batch.public_id}")
    return "\n".join([*said, *notes]) + "\n"


def _note_moved(bank: _Place) -> None:
    """A sweep killed right after it moved a file had no time to say so."""
    for row in WatchedFile.objects.filter(moved_at=None).select_related("batch"):
        try:
            with _target(bank, _Place(row.folder, -1), row, make=False) as to:
                start = f"{row.found_at:%Y%m%dT%H%M%S}-{row.pk}-"
                moved = any(
                    name.startswith(start) and not name.endswith(".note.txt")
                    for name in os.listdir(to)
                )
        except OSError:
            continue
        if moved:
            row.moved_at = timezone.now()
            row.save(update_fields=["moved_at"])


def _stamp(about: os.stat_result) -> tuple[int, int]:
    return about.st_size, about.st_mtime_ns


def _said(name: str, longest: int) -> str:
    """A name as the table can hold it."""
    return cut_card_numbers(storable(name)).replace("\0", "")[:longest]
