"""The isolation proof: what a release's sweep over two banks saw, in a file that ships with the product.

`make isolation-report` writes it, and only when every test of the sweep has passed. It holds counts, names of
tests and hashes: nothing of any bank, nothing of the machine it was made on. Its own hash shows that the file
is whole, not who made it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.isolation.source_tree import SourceTree

FORMAT = 1
PATH = Path(__file__).with_name("report.json")
# What is counted, in the order it is shown. A sweep that leaves one of these uncounted is not whole.
COUNTS: dict[str, str | Promise] = {
    "routes": _("addresses of a bank’s pages, API and admin"),
    "roles": _("roles asked, nobody signed in included"),
    "answers": _("answers searched for the other bank’s data"),
    "own_answers": _("of these, answers that showed the bank’s own data, so a leak would have been seen"),
    "pairs": _("ids of the other bank or customer, each answered exactly like one that nobody has"),
    "operations": _("operations of the API, closed to the other bank’s token"),
    "actions": _("actions on lists in the admin"),
    "exports": _("downloads, each with the bank’s own rows alone"),
    "operator_answers": _("answers at the operators’ door"),
    "tables": _("tables of a bank, searched for rows of the other"),
    "files": _("kept files"),
    "mails": _("e-mails sent"),
    "log_lines": _("lines of the log"),
    "cache_keys": _("keys in the cache and the message server, each with its bank’s name"),
    "tasks": _("background tasks, refused without a bank"),
    "jobs": _("kinds of long work, run for one bank with the other’s ids"),
    "mixed_requests": _("requests of both banks at once, in the same processes, with failures put in"),
    "mixed_tasks": _("tasks among them"),
}  # fmt: skip


class BadReport(Exception):
    """The file isn't a whole report; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Report:
    version: str
    made_at: datetime
    counts: dict[str, int]
    leaks: int
    roles: tuple[str, ...]
    tests: tuple[str, ...]
    source: SourceTree
    sha256: str
    content: bytes  # the file as it stands

    def is_of(self, tree: SourceTree) -> bool:
        """Whether the sweep was made of this very code."""
        return tree.sha256 == self.source.sha256


def canonical(content: Mapping[str, Any]) -> bytes:
    """What the hash is over: the JSON without its `sha256`, keys sorted, no white space, UTF-8.

    The same as `jq -cjS 'del(.sha256)'` prints.
    """
    bare = {name: value for name, value in content.items() if name != "sha256"}
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def make(
    *,
    version: str,
    made_at: datetime,
    counts: Mapping[str, int],
    roles: Iterable[str],
    tests: Iterable[str],
    source: SourceTree,
) -> str:
    """The text of a report; raises BadReport when something was left uncounted."""
    if missing := [name for name in COUNTS if not counts.get(name)]:
        raise BadReport(f"The sweep counted none of: {', '.join(missing)}.")
    if unknown := sorted(counts.keys() - COUNTS.keys()):
        raise BadReport(f"The report has no line for: {', '.join(unknown)}.")
    content: dict[str, Any] = {
        "format": FORMAT,
        "product": {"name": "Counterfoil", "version": version},
        "made_at": made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "counts": {name: counts[name] for name in COUNTS},
        # A sweep with a leak fails, and a failed sweep writes no report.
        "leaks": 0,
        "roles": list(roles),
        "tests": sorted(tests),
        "source": {"sha256": source.sha256, "files": source.files},
    }
    content["sha256"] = hashlib.sha256(canonical(content)).hexdigest()
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read(path: Path | None = None) -> Report | None:
    """The report that ships with this installation, None where there is none; raises BadReport."""
    try:
        text = (path or PATH).read_bytes()
    except FileNotFoundError:
        return None
    return parse(text)


def parse(text: bytes) -> Report:
    """Reads a report and its hash; raises BadReport."""
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise BadReport(f"This report has the format {content['format']!r}, not {FORMAT}.")
        found = Report(
            version=str(content["product"]["version"]),
            made_at=datetime.strptime(content["made_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            counts={str(name): int(n) for name, n in content["counts"].items()},
            leaks=int(content["leaks"]),
            roles=tuple(map(str, content["roles"])),
            tests=tuple(map(str, content["tests"])),
            source=SourceTree(str(content["source"]["sha256"]), int(content["source"]["files"])),
            sha256=str(content["sha256"]),
            content=text,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadReport("This is no isolation report.") from error
    if hashlib.sha256(canonical(content)).hexdigest() != found.sha256:
        raise BadReport(
            "The report was changed after it was made: its hash doesn’t fit its content."
        )
    return found
