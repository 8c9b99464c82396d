"""Groups of at least k customers: pooling, adding up, and what a next release may show."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.releases.calc.groups import Figures, Group, Rules, add_up, split, within
from analytics.releases.calc.lines import (
    Leaf,
    LineRow,
    Lines,
    to_amount,
    to_units,
)
from analytics.releases.calc.partition import partition
from analytics.releases.calc.republish import Release, carry_forward, republish, unpack

MARCH = date(2026, 3, 1)
RULES = Rules(k=3)


def leaf(category: int = 1, branch: str = "A", segment: int = 1, **more: object) -> Leaf:
    given: dict[str, object] = {"month": MARCH, "currency": "EUR", "kind": "expense"} | more
    return Leaf(category=category, branch=branch, segment=segment, **given)  # type: ignore[arg-type]


def rows(
    where: Leaf, customers: range | list[int], money: int = -100, first: int = 0
) -> list[LineRow]:
    """One line of each customer; keys follow from leaf, customer and `first`."""
    base = abs(hash((where, first))) % 10**9 * 1_000
    return [LineRow(where, base + customer, customer, money) for customer in customers]


def made(*parts: list[LineRow]) -> Lines:
    return Lines.from_rows([row for part in parts for row in part])


def grouped(lines: Lines, rules: Rules = RULES) -> list[set[Leaf]]:
    return [set(group) for group in partition(lines, rules).groups]


def test_units_are_exact_and_more_decimals_are_refused() -> None:
    assert to_units(Decimal("-12.3456")) == -123_456
    assert to_amount(-123_456) == Decimal("-12.3456") and str(to_amount(50)) == "0.0050"
    with pytest.raises(ValueError, match="four decimals"):
        to_units(Decimal("0.00001"))


def test_leaves_of_k_customers_stay_alone() -> None:
    lines = made(rows(leaf(1), range(3)), rows(leaf(2), range(5)))
    assert grouped(lines) == [{leaf(1)}, {leaf(2)}]


def test_two_lines_of_one_customer_are_one_customer() -> None:
    lines = made(rows(leaf(1), [1, 2]), rows(leaf(1), [1, 2], first=1))
    assert partition(lines, RULES).withheld == (leaf(1),)


def test_small_leaves_are_pooled_inside_category_and_branch_first() -> None:
    small, other = leaf(segment=1), leaf(segment=2)
    elsewhere = leaf(branch="B", segment=1)
    lines = made(rows(small, [1, 2]), rows(other, [3]), rows(elsewhere, range(5)))
    assert grouped(lines) == [{small, other}, {elsewhere}]


def test_then_inside_the_category_then_inside_the_kind() -> None:
    across = [leaf(1, "A"), leaf(1, "B")]
    kinds = [leaf(2, "A"), leaf(3, "B")]
    lines = made(*(rows(one, [n, n + 1]) for n, one in enumerate([*across, *kinds])))
    assert grouped(lines) == [set(across), set(kinds)]


def test_what_is_left_joins_the_smallest_neighbour_of_its_category() -> None:
    small, large, least = leaf(1, "A"), leaf(1, "B"), leaf(1, "C")
    lines = made(rows(small, range(4)), rows(large, range(9)), rows(least, [50]))
    assert grouped(lines) == [{small, least}, {large}]


def test_months_currencies_and_kinds_are_never_pooled() -> None:
    places = [leaf(), leaf(month=date(2026, 2, 1)), leaf(currency="USD"), leaf(kind="income")]
    found = partition(made(*(rows(one, [1, 2]) for one in places)), RULES)
    assert found.groups == () and set(found.withheld) == set(places)


def test_dominated_leaf_is_pooled_until_nobody_holds_more_than_eighty_percent() -> None:
    whale, small, large = leaf(1, "A"), leaf(1, "B"), leaf(1, "C")
    # 880 of 1000 in its leaf; with B 880 of 1080 = 81 %; with C 880 of 1880.
    lines = made(
        rows(whale, [1], -880),
        rows(whale, [2, 3], -60),
        rows(small, [4, 5, 6, 7], -20),
        rows(large, range(10, 20), -88),
    )
    assert grouped(lines) == [{whale, large}, {small}]
    exactly = made(rows(whale, [1], -800), rows(whale, [2, 3], -100))
    assert grouped(exactly) == [{whale}]


def test_several_neighbours_dilute_a_whale_or_only_it_is_withheld() -> None:
    whale = leaf(1, "A")
    near = [leaf(1, branch) for branch in "BCD"]
    helped = made(rows(whale, [1], -1000), *(rows(one, range(10, 13), -40) for one in near))
    assert grouped(helped) == [{whale, *near}]
    hopeless = made(rows(whale, [1], -9000), *(rows(one, range(10, 13), -40) for one in near))
    found = partition(hopeless, RULES)
    assert [set(group) for group in found.groups] == [{one} for one in near]
    assert found.withheld == (whale,)


def test_uncategorised_needs_k_customers_on_each_side() -> None:
    where = leaf(0, kind="uncategorised")
    one_sided = made(rows(where, range(4)), rows(where, [9], 500))
    assert partition(one_sided, RULES).withheld == (where,)
    assert grouped(made(rows(where, range(4)), rows(where, range(3), 500, first=1))) == [{where}]


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.sampled_from("AB"),
            st.integers(1, 2),
            st.integers(1, 12),
            st.integers(-9_000, 9_000),
        ),
        max_size=60,
    )
)
def test_whatever_the_lines_groups_are_safe_and_splits_add_up(
    cells: list[tuple[int, str, int, int, int]],
) -> None:
    lines = Lines.from_rows(
        LineRow(leaf(category, branch, segment), key, customer, money)
        for key, (category, branch, segment, customer, money) in enumerate(cells)
    )
    release = republish(None, lines, rules=RULES)
    left = set(release.withheld)
    total = sum(money for (c, b, s, _, money) in cells if leaf(c, b, s) not in left)
    for dimension in ("category", "branch", "segment", "month", "kind", "currency"):
        parts = split(release.groups, dimension)
        assert sum(part.net for part in parts) == total
        assert sum(part.lines for part in parts) == len(release.atoms)
    for group in release.shown:
        held = lines.shares(group.leaves)
        assert len(held) >= 3 and not RULES.dominated(held)
    covered = [one for group in release.groups for one in group.leaves] + list(release.withheld)
    assert sorted(covered) == sorted(set(lines.leaves))
    backwards = Lines.from_rows(
        LineRow(leaf(category, branch, segment), key, customer, money)
        for key, (category, branch, segment, customer, money) in reversed(list(enumerate(cells)))
    )
    assert republish(None, backwards, rules=RULES).groups == release.groups


def test_split_has_a_line_for_several() -> None:
    release = republish(
        None,
        made(
            rows(leaf(1, "A"), range(3), -10),
            rows(leaf(2, "B"), [1, 2], -20),
            rows(leaf(3, "B"), [3, 4], -40),
        ),
        rules=RULES,
    )
    by_category = split(release.groups, "category")
    assert [(part.key, part.net, part.lines) for part in by_category] == [
        (1, -30, 3),
        (None, -120, 4),
    ]
    assert [part.key for part in split(release.groups, "branch")] == ["A", "B"]
    assert [group.figures for group in within(release.groups, category=1)] == [
        Figures(3, 3, -30, 0, -30)
    ]
    assert add_up(within(release.groups, branch=("A", "B"))).net == -150


def test_currencies_are_never_added_and_other_dimensions_do_not_exist() -> None:
    euro = Group((leaf(),), Figures(3, 3, -1, 0, -1), 1)
    dollar = Group((leaf(currency="USD"),), Figures(3, 3, -1, 0, -1), 1)
    with pytest.raises(ValueError, match="never added"):
        split([euro, dollar], "category")
    assert [part.key for part in split([euro, dollar], "currency")] == ["EUR", "USD"]
    with pytest.raises(ValueError, match="no dimension 'day'"):
        split([euro], "day")
    with pytest.raises(ValueError, match="no dimension 'text'"):
        within([euro], text="x")


def test_the_only_refund_of_a_group_is_in_the_sum_but_not_shown_apart() -> None:
    lines = made(rows(leaf(), range(5), -100), rows(leaf(), [2], 30, first=1))
    shown = republish(None, lines, rules=RULES).shown[0].figures
    assert shown == Figures(customers=5, lines=6, net=-470, money_in=None, money_out=None)
    parts = split(republish(None, lines, rules=RULES).groups, "category")
    assert (parts[0].net, parts[0].money_in) == (-470, None)


def releases(*nights: Lines, rules: Rules = RULES) -> list[Release]:
    found: list[Release] = []
    for lines in nights:
        found.append(republish(found[-1] if found else None, lines, rules=rules))
    return found


def test_same_lines_again_change_nothing() -> None:
    lines = made(rows(leaf(), range(5)), rows(leaf(2, kind="income"), [1], 9))
    first, second = releases(lines, lines)
    assert second.groups == first.groups and second.number == 2
    assert second.withheld == (leaf(2, kind="income"),) and second.waiting == 0


def test_new_lines_of_k_customers_enter_fewer_wait() -> None:
    old = rows(leaf(), range(5))
    two, three = rows(leaf(), [7, 8], first=1), rows(leaf(), [9], first=1)
    first, second, third = releases(made(old), made(old, two), made(old, two, three))
    assert second.groups == first.groups and second.waiting == 2
    assert third.shown[0].figures == Figures(8, 8, -800, 0, -800)
    assert third.shown[0].changed_in == 3 and third.waiting == 0


def test_lines_that_are_undone_leave_only_when_k_stay_and_k_go() -> None:
    old, batch = rows(leaf(), range(5)), rows(leaf(), range(10, 14), first=1)
    first, second, third, fourth = releases(
        made(old, batch), made(old, batch[:2]), made(old, batch[:1]), made(old)
    )
    # All came in one release, so all have one history: 2 may not go alone, 3 and 4 may.
    assert second.groups == first.groups and second.waiting == 2
    assert third.shown[0].figures == Figures(6, 6, -600, 0, -600)
    assert fourth.shown[0].figures == third.shown[0].figures and fourth.waiting == 1


def test_one_payment_beside_an_undone_import_stays_hidden() -> None:
    old, batch = rows(leaf(), range(5)), rows(leaf(), range(10, 15), first=1)
    single = rows(leaf(), [3], -77, first=2)
    last = releases(made(old), made(old, batch), made(old, single))[-1]
    # The undone lines go; old + single - old would have been the single payment.
    assert last.shown[0].figures == Figures(5, 5, -500, 0, -500) and last.waiting == 1


def test_one_payment_beside_moved_lines_stays_hidden() -> None:
    here, there = leaf(1), leaf(2)
    old, stay = rows(here, range(8)), rows(there, range(20, 25))
    moved = [row._replace(leaf=there) for row in old[:4]]
    single = rows(there, [21], -77, first=2)
    first, second = releases(made(old, stay), made(old[4:], moved, stay, single))
    nets = [group.figures.net for group in second.shown if group.figures]
    assert nets == [-400, -900] and second.waiting == 1
    assert sum(nets) == sum(g.figures.net for g in first.shown if g.figures)


def test_corrected_amounts_enter_k_customers_at_a_time_and_are_never_counted_twice() -> None:
    old = rows(leaf(), range(7))
    new = [row._replace(money=-150) for row in old]
    two = releases(made(old), made(new[:2], old[2:]))[-1]
    assert two.shown[0].figures == Figures(7, 7, -700, 0, -700) and two.waiting == 2
    three = releases(made(old), made(new[:3], old[3:]))[-1]
    assert three.shown[0].figures == Figures(7, 7, -850, 0, -850) and three.waiting == 0


def test_corrected_lines_leave_only_when_k_of_them_stay() -> None:
    old = rows(leaf(), range(10))
    new = [row._replace(money=-150) for row in old[:6]]
    last = releases(made(old), made(new, old[6:]), made(new[:1], old[6:]))[-1]
    # Of the six that were corrected together one would stay alone.
    assert last.shown[0].figures == Figures(10, 10, -1300, 0, -1300) and last.waiting == 5


def test_uncategorised_money_in_of_fewer_than_k_waits_alone() -> None:
    where = leaf(0, kind="uncategorised")
    old = [*rows(where, range(5)), *rows(where, range(5), 200, first=1)]
    new = [*rows(where, range(3), first=2), *rows(where, [1], 7, first=3)]
    last = releases(made(old), made(old, new))[-1]
    assert last.shown[0].figures == Figures(5, 13, 200, 1000, -800) and last.waiting == 1


def test_group_that_would_be_dominated_keeps_its_figures() -> None:
    old = rows(leaf(), range(5))
    whale = [*rows(leaf(), [7, 8], -1, first=1), *rows(leaf(), [9], -99_000, first=1)]
    first, second = releases(made(old), made(old, whale))
    assert second.groups == first.groups and second.waiting == 3


def test_new_leaf_makes_a_group_of_its_own_and_shown_leaves_stay_together() -> None:
    pooled = [*rows(leaf(1, "A"), [1, 2]), *rows(leaf(1, "B"), [3])]
    more = [*rows(leaf(1, "A"), range(10, 20), first=1), *rows(leaf(2), range(4))]
    first, second = releases(made(pooled), made(pooled, more))
    assert [group.leaves for group in first.shown] == [(leaf(1, "A"), leaf(1, "B"))]
    assert [group.leaves for group in second.shown] == [(leaf(1, "A"), leaf(1, "B")), (leaf(2),)]


def test_running_month_follows_last_months_groups_as_they_fill() -> None:
    april = date(2026, 4, 1)
    march = republish(None, made(rows(leaf(1), range(5)), rows(leaf(2), range(5))), rules=RULES)
    planned = carry_forward(march.groups, april)
    assert [group.month for group in planned] == [april, april]
    early = made(
        rows(leaf(1, month=april), range(4)),
        rows(leaf(2, month=april), range(2)),
    )
    running = republish(march, early, rules=RULES, planned=planned, running_month=april)
    of_april = [group for group in running.groups if group.month == april]
    assert [group.shown for group in of_april] == [True, False]
    assert running.withheld == (leaf(2, month=april),)
    over = republish(running, early, rules=RULES)
    assert [group.month for group in over.groups if not group.shown] == []


def test_carrying_needs_one_month_and_a_first_day() -> None:
    groups = [Group((leaf(),)), Group((leaf(month=date(2026, 2, 1)),))]
    with pytest.raises(ValueError, match="one month"):
        carry_forward(groups, date(2026, 4, 1))
    with pytest.raises(ValueError, match="first day"):
        carry_forward(groups[:1], date(2026, 4, 2))


def test_release_survives_its_bytes() -> None:
    old = rows(leaf(), range(5))
    release = releases(made(old, rows(leaf(2), [1])), made(old[:1], rows(leaf(2), [1])))[-1]
    back = unpack(release.pack())
    assert (back.number, back.groups, back.withheld, back.waiting) == (
        release.number,
        release.groups,
        release.withheld,
        release.waiting,
    )
    for name in ("line", "customer", "money", "history", "place"):
        assert np.array_equal(getattr(back.atoms, name), getattr(release.atoms, name))
    with pytest.raises(ValueError, match="not a release"):
        unpack(b"something else")


def test_bank_without_lines_has_an_empty_release() -> None:
    release = republish(None, made([]), rules=RULES)
    assert release.groups == () and release.withheld == () and release.waiting == 0
    assert unpack(release.pack()).groups == ()
    assert split(release.groups, "category") == [] and add_up([]).net == 0


def test_rules_and_lines_that_cannot_be_right_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Rules(k=1)
    with pytest.raises(ValueError, match="percentage"):
        Rules(dominance_pct=0)
    with pytest.raises(ValueError, match="line stands twice"):
        made([LineRow(leaf(1), 5, 1, 1), LineRow(leaf(2), 5, 1, 1)])
    with pytest.raises(ValueError, match="first day"):
        made(rows(leaf(month=date(2026, 3, 2)), [1]))
    with pytest.raises(ValueError, match="too large"):
        made([LineRow(leaf(), key, key, 2**61) for key in range(3)])
    with pytest.raises(ValueError, match="too large"):
        made([LineRow(leaf(), 1, 1, 2**70)])
    one = np.ones(1, dtype=np.int64)
    with pytest.raises(ValueError, match="leaf stands twice"):
        Lines([leaf(), leaf()], one * 0, one, one, one)
    with pytest.raises(ValueError, match="Every line"):
        Lines([leaf()], one * 0, one, one, np.ones(2, dtype=np.int64))
