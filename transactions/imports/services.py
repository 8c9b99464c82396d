"""Imports as people mean them: receive a file, plan it, commit that plan, take it back.

The plan is the dry run and the commit applies it or refuses (the plan shown is the plan done).
"""

from transactions.imports.commit import CommitResult, commit
from transactions.imports.lines import import_lines
from transactions.imports.plan import plan
from transactions.imports.receive import choose, discard, receive
from transactions.imports.undo import (
    LaterFile,
    UndoPreview,
    UndoResult,
    bring_again,
    reimport_offers,
    undo,
    undo_preview,
)

__all__ = [
    "CommitResult",
    "LaterFile",
    "UndoPreview",
    "UndoResult",
    "bring_again",
    "choose",
    "commit",
    "discard",
    "import_lines",
    "plan",
    "receive",
    "reimport_offers",
    "undo",
    "undo_preview",
]
