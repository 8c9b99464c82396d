"""One character per row of a file, as a plan keeps them; and their names in counts and pages."""

NEW, SAME, DOUBTFUL, CHANGED, REJECTED, NO_TRANSACTION = "n", "s", "q", "c", "r", "-"

NAMES = {
    NEW: "new",
    SAME: "same",
    DOUBTFUL: "doubtful",
    CHANGED: "changed",
    REJECTED: "rejected",
    NO_TRANSACTION: "not_transactions",
}


def count(verdicts: bytes) -> dict[str, int]:
    """How often each verdict stands, by name; their sum is `rows`."""
    counts = {name: verdicts.count(code.encode()) for code, name in NAMES.items()}
    return {"rows": len(verdicts), **counts}
