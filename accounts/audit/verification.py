"""Recomputing a bank's whole log: every entry, every seal, the chain and its signatures."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from accounts.audit import hashing
from accounts.audit.fields import Span, spans_text, to_spans
from accounts.audit.models import AuditSeal
from accounts.audit.sealing import HEAD_MARK
from accounts.audit.services import COLUMNS
from accounts.banks.tenancy import current_bank

# An entry without a seal after this time: the sealer stands still, or seals were cut off.
OVERDUE = timedelta(seconds=60)
_BLOCK = 5000
_SHOWN = 100
# A head is one line of some 350 letters; broken by a mail program it has a few parts.
_MOST_PARTS = 20
_ENTRIES = f"select id, at, {', '.join(COLUMNS)}, payload, salt, payload_hash, hash from audit_auditentry order by id"


@dataclass(frozen=True)
class Head:
    """A head that was said outside the database: what stood in the log stream."""

    bank: str
    no: int
    hash: bytes
    key_id: str
    signature: bytes


@dataclass
class Report:
    """What was found. `problems` are sentences; none means that nothing was tampered with."""

    bank: str
    entries: int = 0
    seals: int = 0
    erased: int = 0
    unsealed: int = 0
    unsealed_ids: str = ""
    oldest_unsealed: datetime | None = None
    heads_checked: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0

    def add(self, sentence: str) -> None:
        self.problem_count += 1
        if len(self.problems) < _SHOWN:
            self.problems.append(sentence)

    @property
    def good(self) -> bool:
        return self.problem_count == 0


def verify_bank(*, heads: Iterable[Head] = (), now: datetime | None = None) -> Report:
    """Checks the current bank's log, in one snapshot; memory stays at one seal's entries.

    Parameters: `heads` from the log stream: a seal cut off together with its entries shows there alone.
    """
    report = Report(current_bank())
    with _snapshot():
        seals = list(AuditSeal.objects.order_by("no"))
        _check_chain(report, seals)
        _check_heads(report, seals, heads)
        _check_entries(report, seals, now or timezone.now())
    return report


@contextmanager
def _snapshot() -> Iterator[None]:
    """Seals and entries as of one moment, so that nothing sealed meanwhile looks amiss."""
    outer = connection.in_atomic_block
    with transaction.atomic():
        if not outer:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        yield


def _check_chain(report: Report, seals: list[AuditSeal]) -> None:
    known = {key.id: key for key in hashing.signing_keys()}
    previous, expected = hashing.NOTHING, 1
    for seal in seals:
        if seal.no != expected:
            report.add(
                f"Seal {expected} is missing." if seal.no > expected else f"Seal {seal.no} is odd."
            )
        if bytes(seal.previous) != previous:
            report.add(f"Seal {seal.no} does not follow the one before it.")
        head = hashing.seal_hash(
            schema=report.bank, no=seal.no, sealed_at=seal.sealed_at, ids=spans_text(seal.ids), n=seal.n,
            root=bytes(seal.root), previous=bytes(seal.previous), key_id=seal.key_id,
        )  # fmt: skip
        if head != bytes(seal.hash):
            report.add(f"Seal {seal.no} was changed.")
        key = known.get(seal.key_id)
        if key is None:
            report.add(f"Seal {seal.no} is signed by a key that is not known here ({seal.key_id}).")
        elif not key.verifies(head, bytes(seal.signature)):
            report.add(f"Seal {seal.no} is not signed by the bank's key.")
        if seal.n != sum(high - low for low, high in seal.ids):
            report.add(f"Seal {seal.no} holds another number of entries than it says.")
        previous, expected = bytes(seal.hash), seal.no + 1
    report.seals = len(seals)
    report.head = previous.hex() if seals else ""


def _check_heads(report: Report, seals: list[AuditSeal], heads: Iterable[Head]) -> None:
    by_number = {seal.no: bytes(seal.hash) for seal in seals}
    known = {key.id: key for key in hashing.signing_keys()}
    for head in heads:
        if head.bank != report.bank:
            continue
        key = known.get(head.key_id)
        if key is None or not key.verifies(head.hash, head.signature):
            report.add(
                f"The head of seal {head.no} given from outside is not signed by the bank's key."
            )
            continue
        report.heads_checked += 1
        if head.no not in by_number:
            report.add(f"Seal {head.no} was said to the log and is gone: the end was cut off.")
        elif by_number[head.no] != head.hash:
            report.add(f"Seal {head.no} is another one than was said to the log.")


class _Places:
    """Which seal each id belongs to; ids come in ascending order, so one pointer is enough."""

    def __init__(self, report: Report, seals: list[AuditSeal]) -> None:
        self.report = report
        self.spans: list[tuple[int, int, int]] = sorted(
            (low, high, number) for number, seal in enumerate(seals) for low, high in seal.ids
        )
        for one, two in zip(self.spans, self.spans[1:], strict=False):
            if two[0] < one[1]:
                report.add(f"Entries {two[0]} and on stand in two seals.")
        self.at = 0
        self.next_id = self.spans[0][0] if self.spans else 0

    def of(self, number: int) -> int | None:
        """Index of the seal that holds this id, or None; missing entries before it are reported."""
        while self.at < len(self.spans) and number >= self.spans[self.at][1]:
            self.leave()
        if self.at == len(self.spans) or number < self.spans[self.at][0]:
            return None
        self.missing(number)
        self.next_id = number + 1
        return self.spans[self.at][2]

    def missing(self, until: int) -> None:
        if self.next_id < until:
            self.report.add(f"Sealed entries are gone: {spans_text([(self.next_id, until)])}.")

    def leave(self) -> None:
        self.missing(self.spans[self.at][1])
        self.at += 1
        if self.at < len(self.spans):
            self.next_id = self.spans[self.at][0]

    def finish(self) -> None:
        while self.at < len(self.spans):
            self.leave()


def _check_entries(report: Report, seals: list[AuditSeal], now: datetime) -> None:
    places = _Places(report, seals)
    entry_keys = [key.entry_key(report.bank) for key in hashing.signing_keys()]
    leaves: dict[int, list[bytes]] = {}
    erased: list[int] = []
    named: list[Span] = []
    unsealed: list[int] = []
    for number, at, *rest in _rows():
        columns, (payload, salt, payload_digest, digest) = rest[:7], rest[7:]
        report.entries += 1
        if payload is None:
            erased.append(number)
        elif salt is None or hashing.payload_hash(salt, payload) != payload_digest:
            report.add(f"What entry {number} says was changed.")
        elif columns[0] == "audit.erased":
            named += _named_spans(payload)
        if not any(
            hashing.entry_hash(k, at, columns, payload_digest) == digest for k in entry_keys
        ):
            report.add(f"Entry {number} was changed, or was not written by this product.")
        place = places.of(number)
        if place is None:
            unsealed.append(number)
            report.oldest_unsealed = min(at, report.oldest_unsealed or at)
            continue
        of_seal = leaves.setdefault(place, [])
        of_seal.append(hashing.leaf(number, digest))
        if len(of_seal) == seals[place].n:
            _check_root(report, seals[place], leaves.pop(place))
            leaves[place] = []
    places.finish()
    _check_copies(report)
    for place, kept in leaves.items():
        if kept:
            _check_root(report, seals[place], kept)
    _check_erased(report, erased, named)
    report.unsealed, report.unsealed_ids = len(unsealed), spans_text(to_spans(unsealed))[:500]
    if report.oldest_unsealed and report.oldest_unsealed < now - OVERDUE:
        report.add(
            f"Entries wait for a seal since {report.oldest_unsealed.isoformat(timespec='seconds')}: the "
            "sealer stands still, or seals were cut off."
        )


def _rows() -> Iterator[tuple[Any, ...]]:
    """All entries in order of ids, a block at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ENTRIES)
        while block := cursor.fetchmany(_BLOCK):
            yield from block


def _check_root(report: Report, seal: AuditSeal, leaves: list[bytes]) -> None:
    if hashing.merkle_root(leaves) != bytes(seal.root):
        report.add(
            f"The entries of seal {seal.no} ({spans_text(seal.ids)[:60]}) are not those sealed."
        )


def _check_copies(report: Report) -> None:
    """Salts are random: an entry with the digest of another is that one, written a second time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select array_agg(id order by id) from audit_auditentry group by hash having count(*) > 1 limit 20"
        )
        for (ids,) in cursor.fetchall():
            report.add(f"Entries {spans_text(to_spans(ids))[:80]} are one entry, copied.")


def _check_erased(report: Report, erased: list[int], named: list[Span]) -> None:
    report.erased = len(erased)
    allowed = {number for low, high in named for number in range(low, high)}
    unexplained = [number for number in erased if number not in allowed]
    if unexplained:
        report.add(
            "What these entries say is gone, and no entry says that it was erased: "
            f"{spans_text(to_spans(unexplained))[:200]}."
        )


def _named_spans(payload: str) -> list[Span]:
    spans = []
    for part in str(orjson.loads(payload)["after"]["entries"]).split(", "):
        low, _dash, high = part.partition("-")
        spans.append((int(low), int(high or low) + 1))
    return spans


def read_heads(lines: Iterable[str]) -> list[Head]:
    """The heads in a log or a saved mail, whatever stands before and between them.

    A line of our own log is JSON and holds the head as a text in it; a mail program may have broken the line
    and put "> " before its parts. Raises ValueError for one that can't be read.
    """
    found = []
    rest = iter(lines)
    for line in rest:
        _before, mark, text = line.partition(f"{HEAD_MARK} {{")
        if not mark:
            continue
        text = "{" + text.strip()
        for _part in range(_MOST_PARTS):
            if "}" in text:
                break
            text += next(rest, "").strip().lstrip(">").strip()
        text = text[: text.find("}") + 1].replace('\\"', '"')
        try:
            fields = orjson.loads(text)
            found.append(
                Head(
                    bank=fields["bank"],
                    no=fields["no"],
                    hash=bytes.fromhex(fields["hash"]),
                    key_id=fields["key"],
                    signature=base64.b64decode(fields["signature"], validate=True),
                )
            )
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error) as error:
            raise ValueError(f"This head can't be read: {line.strip()[:120]}") from error
    return found
