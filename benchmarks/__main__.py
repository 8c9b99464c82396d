"""`make bench`: every measurement of this folder, with its goal. Exit code 1 when a goal is missed."""

import sys

from benchmarks import (
    bench_audit,
    bench_categories,
    bench_forecasts,
    bench_import,
    bench_segments,
)


def main() -> int:
    missed = 0
    for module in (bench_import, bench_categories, bench_audit, bench_forecasts, bench_segments):
        for name, ratio, goal in module.main():
            good = ratio >= goal
            missed += not good
            print(f"{'ok    ' if good else 'MISSED'} {name:<60} {ratio:8.3f}  goal {goal:.3f}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
