"""The one exception of this package: a sentence for the person who typed the command."""


class EmbeddedError(Exception):
    """Why the servers cannot be had, in one sentence that says how to mend it."""
