"""The class of every Celery task: its body runs in a named bank, or in public when it says so."""

from typing import Any

from celery.contrib.django.task import DjangoTask

from accounts.banks.tenancy import (
    BANK_HEADER,
    NoBank,
    check_schema,
    current_bank,
    current_schema,
    header_of,
    in_bank,
    in_public,
    is_public_task,
)


class BankTask(DjangoTask):  # type: ignore[misc]
    """Refuses to start, and to be sent, without a bank."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            # A plain function call: it is part of its caller's work, in its caller's bank.
            return super().__call__(*args, **kwargs)
        if is_public_task(self.name):
            with in_public():
                check_schema()
                return self.run(*args, **kwargs)
        named = header_of(self.request)
        if self.request.is_eager:
            # Run at once by its sender, whose bank comes back afterwards.
            with in_bank(named or current_bank()):
                check_schema()
                return self.run(*args, **kwargs)
        if not named or current_schema() != named:
            raise NoBank(f"Task {self.name} came without a bank.")
        check_schema()
        return self.run(*args, **kwargs)

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        # A signal that raises is logged and the message sent all the same: so it is asked here.
        if not is_public_task(self.name) and BANK_HEADER not in (kwargs.get("headers") or {}):
            kwargs["headers"] = {**(kwargs.get("headers") or {}), BANK_HEADER: current_bank()}
        return super().apply_async(*args, **kwargs)
