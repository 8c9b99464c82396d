"""`make bench`: the measurements of this folder, side by side with what they are measured against.

    python -m benchmarks [name …] [--short] [--list]

Without a name all run. `--short` takes small sizes: it shows that a measurement works, its figures say
nothing. Exit code 1 when a goal is missed, 2 for a name that is none.
"""

import importlib
import os
import sys
import time

from benchmarks.figures import SHORT, as_figures

# name → module, what it takes.
BENCHES: dict[str, tuple[str, str]] = {
    "import": ("bench_import", "P2: 200,000 rows against COPY of the finished rows, memory"),
    "ways": (
        "bench_ways",
        "P1, P3, P4, P7, P8: other ways of writing the same rows; again; a large table",
    ),
    "peers": ("bench_peers", "P5, P6: hledger and beancount on the same rows"),
    "texts": ("bench_categories", "P9, P10: categories"),
    "lists": ("bench_lists", "P14, P15: pages of a long list, search"),
    "at_once": ("bench_at_once", "P25: eight imports at once"),
    "memory": ("bench_memory", "P26: memory of a million rows"),
    "audit": ("bench_audit", "the change log"),
    "forecasts": ("bench_forecasts", "P16 to P18: forecasts"),
    "segments": ("bench_segments", "P19, P20: segments"),
}


def main() -> int:
    named = [name for name in sys.argv[1:] if not name.startswith("-")]
    if "--list" in sys.argv:
        for name, (_module, what) in BENCHES.items():
            print(f"{name:<12}{what}")
        return 0
    if unknown := [name for name in named if name not in BENCHES]:
        print(
            f"There is no measurement {unknown[0]}. There are: {', '.join(BENCHES)}.",
            file=sys.stderr,
        )
        return 2
    if SHORT:
        os.environ["BENCH_SHORT"] = "1"
        print("Short sizes: these figures only show that the measurements work.\n")
    missed = 0
    for name in named or BENCHES:
        module_name = f"benchmarks.{BENCHES[name][0]}"
        began, load = time.monotonic(), os.getloadavg()[0]
        print(f"== {name}: {BENCHES[name][1]}")
        for figure in as_figures(importlib.import_module(module_name).main()):
            missed += figure.held is False
            print(figure.line())
        print(f"   {time.monotonic() - began:.0f} s; load {load:.1f} before, {os.getloadavg()[0]:.1f} after, "
              f"{os.cpu_count()} processors\n", flush=True)  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
