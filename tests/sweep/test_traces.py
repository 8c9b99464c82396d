"""D1: every figure on every page opens exactly what it is the sum of, to the cent."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from analytics import formats
from analytics.metrics.registry import METRICS
from tests import factories, sample_bank
from tests.sweep import crawl

LIMIT = 150
K = 10
# The id of a line, a customer, an import or a job in a path.
ONE_OF_MANY = re.compile(r"(?<=/transactions)/\w{8,}/|/[0-9a-f-]{36}/")
# How a derived figure comes from its parts, said here a second time and apart from the registry.
COMBINE = {
    "net": lambda income, expenses: income - expenses,
    "savings_rate": lambda net, income: pct(net, income),
    "average_transaction": lambda spent, n: (spent / n).quantize(Decimal("0.01"), ROUND_HALF_UP),
    "share": lambda spent, whole: pct(spent, whole),
    "variance": lambda spent, budget: spent - budget,
    "budget_used": lambda spent, budget: pct(spent, budget),
    "net_count": lambda a, b: a + b,
    "spent_above_zero": lambda *parts: sum(parts),
    "budget": lambda *parts: sum(parts),
    "balance": lambda *parts: sum(parts),
    "net_worth": lambda *parts: sum(parts),
    "stated_balance": lambda *parts: sum(parts),
    "expected_balance": lambda *parts: sum(parts),
    "unexplained": lambda stated, expected: stated - expected,
}


def pct(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def test_the_reader_sees_a_bare_number_and_an_untraced_figure() -> None:
    page = crawl.read(
        '<p>You spent €12.30 and kept 5 %.</p><a class="fig" href="/x" data-metric="net" data-value="1">€1</a>'
        '<td data-cell>€9.99</td><span class="fig" data-metric="net" data-value="2">€2</span>'
    )
    assert page.bare == ["You spent €12.30 and kept 5 %."]
    assert len(page.untraced) == 1 and len(page.figures) == 2


class Tracer:
    """Follows traces through the API's doors and checks that they add up."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.checked: dict[tuple[str, str], Decimal | None] = {}

    def check(self, metric: str, value: str, trace: str, where: str) -> None:
        url = api_form(trace)
        if (metric, url) not in self.checked:
            self.checked[metric, url] = self.follow(metric, url)
        found = self.checked[metric, url]
        expected = Decimal(value) if value else None
        assert found == expected, (
            f"{where}: {metric} says {value}, its trace {trace} adds up to {found}"
        )

    def follow(self, metric: str, url: str) -> Decimal | None:
        if "/trace/" in url:
            return self.parts(metric, url)
        flow = METRICS[metric].flow
        assert flow, f"{metric} leads to rows, but is no sum of rows"
        total, n, cursor = Decimal(0), 0, ""
        while True:
            body = self.get(f"{url}&limit=500{cursor}")
            # What counts in another currency than its own counts by its rate.
            counted = (item.get("converted") or item for item in body["items"])
            total += sum(Decimal(item["amount"]) for item in counted)
            n += len(body["items"])
            if not body["next_cursor"]:
                break
            cursor = f"&cursor={body['next_cursor']}"
        return Decimal(n) if METRICS[metric].counted else flow.sign * total

    def parts(self, metric: str, url: str) -> Decimal | None:
        body = self.get(url)
        if body["value"] is None:
            return None
        values = []
        for part in body["parts"]:
            if part["trace"]:
                self.check(part["metric"], part["value"], part["trace"], url)
            value = Decimal(part["value"])
            if rate := body.get("rate"):
                value = (value * Decimal(rate["value"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
            values.append(value)
        assert values, f"{url}: a figure without parts"
        if METRICS[metric].flow:
            return values[0]
        return Decimal(COMBINE[metric](*values))

    def get(self, url: str) -> Any:
        response = self.client.get(url)
        assert response.status_code == 200, (
            f"{url}: {response.status_code} {response.content[:200]!r}"
        )
        return response.json()


def api_form(trace: str) -> str:
    """The API's address of what a page's trace opens."""
    path, _, query = trace.partition("?")
    if path.startswith("/transactions"):
        path = "/api/v1/transactions"
    elif path.startswith("/trace/"):
        path = f"/api/v1/trace/{path.removeprefix('/trace/').strip('/')}"
    query = "&".join(
        pair.replace("account=", "account_id=", 1) if pair.startswith("account=")
        else pair.replace("customer=", "customer_id=", 1) if pair.startswith("customer=")
        else pair
        for pair in query.split("&")
    )  # fmt: skip
    return f"{path}?{query}"


def pages(client: Client, start: list[str], limit: int = LIMIT) -> Iterator[tuple[str, crawl.Page]]:
    """Breadth first over the links and figures of the site itself, each path with at most a few queries."""
    queue, seen, visits = list(start), set(start), Counter[tuple[str, str]]()
    while queue:
        url = queue.pop(0)
        path = urlsplit(url).path
        # Pages of one kind are walked a few times; the rows behind each metric are a kind of their own.
        key = (
            ONE_OF_MANY.sub("/…/", path),
            "".join(parse_qs(urlsplit(url).query).get("metric", [])),
        )
        if visits[key] >= (2 if key[1] else 4) or path.startswith(crawl.NOT_WALKED):
            continue
        assert limit, "more pages than the walk allows for"
        response = client.get(url)
        if response.status_code in (301, 302):
            links = [response.headers["Location"]]
        else:
            assert response.status_code == 200, f"{url}: {response.status_code}"
            if not response.headers["Content-Type"].startswith("text/html"):
                continue
            visits[key] += 1
            limit -= 1
            page = crawl.read(response.content.decode())
            assert not page.bare, f"{url}: numbers without a figure: {page.bare[:5]}"
            assert not page.untraced, f"{url}: figures without a trace: {page.untraced[:3]}"
            yield url, page
            links = page.links
        for link in links:
            target = resolve(url, link)
            if target and target not in seen:
                seen.add(target)
                queue.append(target)


def resolve(base: str, link: str) -> str:
    if link.startswith("?"):
        return urlsplit(base).path + link.split("#")[0]
    return link.split("#")[0] if link.startswith("/") else ""


@pytest.fixture
def client(sample: str) -> Client:
    return Client(HTTP_HOST=sample_bank.HOST)


@dataclass
class Walked:
    """What a walk met: pages, figures by metric, and how each of them was followed."""

    pages: int = 0
    met: Counter[str] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)

    def say(self, who: str) -> None:
        ways = ", ".join(f"{n} {way}" for way, n in self.followed.items())
        print(f"\nD1, {who}: {self.pages} pages, {sum(self.met.values())} figures: {ways}")
        assert self.met.total() == self.followed.total()


def walk(client: Client, start: list[str], who: str) -> Walked:
    """Follows every figure of every page; a figure that can't be followed fails."""
    tracer, groups, walked = Tracer(client), Groups(client), Walked()
    for url, page in pages(client, start):
        walked.pages += 1
        for found in page.figures:
            walked.met[found.metric] += 1
            if found.trace.startswith("/staff/groups/"):
                groups.check(found, url)
                walked.followed["to groups"] += 1
            elif found.metric in crawl.FORECASTS:
                check_forecast(client, found, url)
                walked.followed["to a forecast as issued"] += 1
            else:
                assert found.metric in METRICS, f"{url}: {found} is no figure of the registry"
                assert found.trace.startswith(("/transactions/", "/trace/")), f"{url}: {found}"
                tracer.check(found.metric, found.value, found.trace, url)
                walked.followed["to rows"] += 1
    walked.say(f"{who} ({len(tracer.checked) + len(groups.read)} traces followed)")
    return walked


def check_forecast(client: Client, found: crawl.Found, where: str) -> None:
    """A forecast is no sum: its page must hold the same number, beside the months it rests on."""
    body = client.get(found.trace).content.decode()
    page = crawl.read(body)
    value = Decimal(found.value)
    text = (
        formats.percent(value, "en")
        if found.metric == "forecast_coverage"
        else formats.money(value, sample_bank.CURRENCY, "en")
    )
    assert any(f.value == found.value for f in page.figures) or f"data-cell>{text}<" in body, (
        f"{where}: {found} isn't on the page it leads to"
    )
    assert any(f.metric in METRICS for f in page.figures)


class Groups:
    """Follows a staff figure to the published groups it is the sum of."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.read: dict[str, list[list[str]]] = {}

    def rows(self, trace: str) -> list[list[str]]:
        """The table of groups behind a sum; each has at least K customers."""
        if trace not in self.read:
            response = self.client.get(f"{trace}&format=csv")
            lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
            rows = list(csv.reader(lines))[1:-1]
            assert all(int(row[4]) >= K for row in rows), trace
            self.read[trace] = rows
        return self.read[trace]

    def total(self, trace: str) -> Decimal:
        return sum((Decimal(row[-1]) for row in self.rows(trace)), Decimal(0))

    def by_category(self, trace: str) -> list[Decimal]:
        """Sums of the first-level categories, largest first; groups over several are in none."""
        sums: dict[str, Decimal] = {}
        for row in self.rows(trace):
            if row[1] not in ("several", "none"):
                sums[row[1]] = sums.get(row[1], Decimal(0)) + Decimal(row[-1])
        return sorted((s for s in sums.values() if s > 0), reverse=True)

    def check(self, found: crawl.Found, where: str) -> None:
        said = f"{where}: {found}"
        if found.metric in ("share_of_group_total", "rest_of_expenses"):
            shown, whole = self.by_category(found.trace)[:6], self.total(found.trace)
            rest = whole - sum(shown)
            wanted = [rest] if found.metric == "rest_of_expenses" else [*shown, rest]
            values = (
                wanted if found.metric == "rest_of_expenses" else [pct(v, whole) for v in wanted]
            )
            assert Decimal(found.value) in values, said
        elif METRICS[found.metric].flow:
            assert self.total(found.trace) == Decimal(found.value), said
        else:
            page = crawl.read(self.client.get(found.trace).content.decode())
            parts = [f for f in page.figures if f.metric in METRICS[found.metric].parts]
            assert [f.metric for f in parts] == list(METRICS[found.metric].parts), said
            for part in parts:
                self.check(part, found.trace)
            if found.value:
                made = COMBINE[found.metric](*(Decimal(part.value) for part in parts))
                assert made == Decimal(found.value), said


def test_every_figure_of_a_customer_adds_up(client: Client) -> None:
    """Every metric of the registry is met on a page, and every figure opens the rows it is the sum of."""
    client.force_login(sample_bank.john().user)
    start = ["/overview/", "/transactions/", "/profile/", "/imports/", "/bank-accounts/"]
    converting = ["/overview/?convert=1", "/transactions/?convert=1"]
    walked = walk(client, [*start, *converting], "a customer")
    assert walked.met.total() > 300
    missing = sorted(set(METRICS) - set(walked.met))
    assert not missing, f"metrics met on no page: {missing}"
    print(f"D1: all {len(METRICS)} metrics of the registry are met on a page")


def test_every_figure_of_an_opened_customer_adds_up_for_staff(client: Client) -> None:
    analyst, john = sample_bank.user("analyst"), sample_bank.john()
    factories.make_grant(staff=analyst, customer=john)
    client.force_login(analyst)
    walked = walk(client, [f"/staff/customers/{john.public_id}/"], "an opened customer")
    assert walked.met.total() > 200


def test_every_staff_figure_is_a_sum_of_published_groups(client: Client) -> None:
    """Viewers see sums of whole groups of at least k; each opens them, and they add up to the cent."""
    client.force_login(sample_bank.user("viewer"))
    walked = walk(client, ["/staff/"], "a viewer")
    assert walked.followed["to groups"] == walked.met.total() > 100


def test_every_metric_is_told_and_traced_by_the_api(client: Client) -> None:
    """Each metric's own address, and the figures of the answers made of several."""
    john = sample_bank.john()
    client.force_login(john.user)
    tracer = Tracer(client)
    for name in METRICS:
        url = f"/api/v1/trace/{name}?start_date=2026-06-01&end_date=2026-06-30"
        said = tracer.get(url)
        assert said["value"] is not None, f"{name}: {said}"
        tracer.check(name, said["value"], url, "the API")
    print(f"\nD1, API: all {len(METRICS)} metrics, {len(tracer.checked)} traces followed")


@pytest.mark.parametrize(
    "broken",
    [
        {"value": "1.00"},
        {"trace": "/transactions/?metric=expenses&start_date=2026-06-01&end_date=2026-06-02"},
    ],
)
def test_a_figure_that_does_not_add_up_is_found(client: Client, broken: dict[str, str]) -> None:
    client.force_login(sample_bank.john().user)
    page = crawl.read(client.get("/overview/").content.decode())
    good = next(f for f in page.figures if f.metric == "expenses")
    Tracer(client).check(good.metric, good.value, good.trace, "/overview/")
    bad = replace(good, **broken)
    with pytest.raises(AssertionError, match="adds up to"):
        Tracer(client).check(bad.metric, bad.value, bad.trace, "/overview/")
