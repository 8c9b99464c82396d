"""Ways a job, or a file that is being kept, ends otherwise than well."""


class LeaseLost(RuntimeError):
    """Another worker holds this job now: whatever this one did must roll back."""


class JobCancelled(RuntimeError):
    """Somebody asked for the job to stop; its open transaction rolls back."""


class JobRefused(Exception):
    """A handler's word for what trying again cannot mend: the job stops at once and says why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


class UnknownKind(LookupError):
    """No handler of this name in this process: an older version, or a kind that is gone."""


class FileTooLarge(ValueError):
    """The stream holds more bytes than its limit; `limit` is that number."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file is larger than {limit:,} bytes.")
        self.limit = limit


class EmptyFile(ValueError):
    """The stream holds no byte."""

    def __init__(self) -> None:
        super().__init__("The file is empty.")
