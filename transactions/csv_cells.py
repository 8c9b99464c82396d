"""Text in a CSV cell: what a spreadsheet would run is made harmless, and read back as it was."""

# What begins a formula in one program or another, full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def is_formula(text: str) -> bool:
    """Whether some spreadsheet may run this cell; spaces and apostrophes before it don't hinder that."""
    bare = text.lstrip("' \u00a0\ufeff")
    return bare.startswith(FORMULA) or text.startswith(FORMULA)


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if is_formula(text) else text


def as_it_was(cell: str) -> str:
    """The text that `harmless` made this cell of."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell
