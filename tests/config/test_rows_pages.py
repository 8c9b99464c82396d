"""The pages of work on rows: split, tags, notes, bulk changes, saved filters, duplicates, history."""

from typing import Any

import pytest

from tests.config.ledger_case import *  # noqa: F403
