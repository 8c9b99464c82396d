"""Settings of a process that mixes two banks: those of a started stack, and faults put in."""

from tests.stack_settings import *  # noqa: F403

# Innermost: what it does happens as if the view did it.
MIDDLEWARE = [*MIDDLEWARE, "tests.sweep.mix_parts.FaultMiddleware"]  # noqa: F405
ACCOUNT_RATE_LIMITS = False
SECOND_FACTOR_REQUIRED = False
LOGGING_CONFIG = None
