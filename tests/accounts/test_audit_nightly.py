"""G33 with its full count: a million entries are recomputed in a minute, and no writer waits for another's."""

import pytest

from benchmarks.bench_audit import ENTRIES, LONGEST_WAIT, VERIFY_SECONDS, WRITERS
from benchmarks.own_database import measured_inside
from tests.guards import Guard


@pytest.mark.nightly
@pytest.mark.guard("G33")
def test_a_million_entries_are_verified_in_a_minute(guard: Guard) -> None:
    found = measured_inside("benchmarks.bench_audit", silent=True)
    assert found["good"], found["problems"]
    assert found["entries"] >= ENTRIES
    assert found["verify_seconds"] <= VERIFY_SECONDS
    took = f"{found['entries']:,} entries verified in {found['verify_seconds']:.1f} s"
    guard("G33", reached=took, n=found["entries"])
    waits = max(found["wait"])
    assert waits <= LONGEST_WAIT
    guard(
        "G33",
        n=WRITERS,
        reached=f"{WRITERS} processes write, one slow: the longest act {waits:.2f} s",
    )
