"""A kind of work whose effect can be counted: three kept files, made slowly in one transaction.

NIGHT_START says when nights begin in a stack, instead of half past two.
"""

import os
import time
from datetime import time as time_of_day

from django.db import transaction

from accounts.jobs.context import JobContext
from accounts.jobs.models import StoredFile
from accounts.jobs.registry import handles
from config import nightly

PARTS = 3
if start := os.environ.get("NIGHT_START"):
    nightly.START = time_of_day.fromisoformat(start)


@handles("test_effect", title="Leave three marks")
def leave_marks(context: JobContext) -> None:
    steps, pause = int(context.arguments["steps"]), float(context.arguments["pause"])
    for step in range(steps):
        context.progress(step, steps, "before")
        context.raise_if_cancelled()
        time.sleep(pause)
    with transaction.atomic():
        for _part in range(PARTS):
            StoredFile.objects.create(name=f"mark {context.arguments['n']}")
            time.sleep(pause)
        context.finish({"parts": PARTS})
        # Killed here, done and effect must vanish together.
        time.sleep(pause)
