"""Whether this machine has more to do than it has processors: a limit in seconds then says little."""

import os


def is_busy() -> bool:
    """More programs wanted to run in the last minute than there are processors, by half."""
    return os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
