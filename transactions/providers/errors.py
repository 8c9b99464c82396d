"""Ways a conversation with the provider ends otherwise than well. None carries what was said."""


class ProviderProblem(Exception):
    """`code` is the provider's own word for it, or one of ours in lower case."""

    def __init__(self, code: str, kind: str = "") -> None:
        super().__init__(code)
        self.code = code[:80]
        self.kind = kind[:80]


class ProviderRefused(ProviderProblem):
    """The provider won't do it as asked: asking the same again changes nothing."""


class LoginNeeded(ProviderRefused):
    """The person's bank asks them to sign in again before anything more is told."""


class CursorUnknown(ProviderRefused):
    """The provider no longer knows how far we were: everything is asked for again."""


class MutatedMeanwhile(ProviderRefused):
    """The rows changed while their pages were fetched: begin again at the last finished cursor."""


class ProviderBusy(ProviderProblem):
    """The provider, or the bank behind it, can't answer just now; `wait` is the seconds it asked for, or 0."""

    def __init__(self, code: str, kind: str = "", *, wait: int = 0) -> None:
        super().__init__(code, kind)
        self.wait = wait


class NotSetUp(RuntimeError):
    """This installation has no provider: nobody can connect a bank."""
