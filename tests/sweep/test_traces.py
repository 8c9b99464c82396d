"""D1: every figure on every page opens exactly what it is the sum of, to the cent."""

from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from analytics.metrics.registry import METRICS
from tests import factories, sample_bank
from tests.sweep import crawl

LIMIT = 90
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
        self.met: Counter[str] = Counter()

    def check(self, metric: str, value: str, trace: str, where: str) -> None:
        self.met[metric] += 1
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
            total += sum(Decimal(item["amount"]) for item in body["items"])
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
            values.append(Decimal(part["value"]))
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
    """Breadth first over the links of the site itself, each path with at most a few queries."""
    queue, seen, per_path = list(start), set(start), Counter[str]()
    while queue and limit:
        url = queue.pop(0)
        path = urlsplit(url).path
        if per_path[path] >= 4 or path.startswith(("/accounts/", "/admin/", "/api/")):
            continue
        response = client.get(url)
        if response.status_code in (301, 302):
            target = response.headers["Location"]
            if target not in seen:
                seen.add(target)
                queue.append(target)
            continue
        assert response.status_code == 200, f"{url}: {response.status_code}"
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        per_path[path] += 1
        limit -= 1
        page = crawl.read(response.content.decode())
        yield url, page
        for link in page.links:
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


def walk(client: Client, start: list[str]) -> tuple[Tracer, int]:
    tracer, n_pages, n_figures = Tracer(client), 0, 0
    for url, page in pages(client, start):
        n_pages += 1
        assert not page.bare, f"{url}: numbers without a figure: {page.bare[:5]}"
        assert not page.untraced, f"{url}: figures without a trace: {page.untraced[:3]}"
        for found in page.figures:
            if found.trace.startswith(("/transactions/", "/trace/")) and found.metric in METRICS:
                n_figures += 1
                tracer.check(found.metric, found.value, found.trace, url)
    print(f"D1: {n_pages} pages, {n_figures} figures, {len(tracer.checked)} traces followed")
    return tracer, n_figures


def test_every_figure_of_a_customer_adds_up(client: Client) -> None:
    client.force_login(sample_bank.john().user)
    tracer, n = walk(client, ["/overview/", "/transactions/", "/profile/"])
    assert n > 150
    shown = set(METRICS)
    assert not shown - set(tracer.met), f"metrics met on no page: {sorted(shown - set(tracer.met))}"


def test_every_figure_of_an_opened_customer_adds_up_for_staff(client: Client) -> None:
    analyst, john = sample_bank.user("analyst"), sample_bank.john()
    factories.make_grant(staff=analyst, customer=john)
    client.force_login(analyst)
    _, n = walk(client, [f"/staff/customers/{john.public_id}/"])
    assert n > 100


def test_every_staff_figure_is_a_sum_of_published_groups(client: Client) -> None:
    """Viewers see sums of whole groups of at least k; each opens them, and they add up to the cent."""
    client.force_login(sample_bank.user("viewer"))
    checked = 0
    for url, page in pages(client, ["/staff/"], limit=25):
        assert not page.bare, f"{url}: numbers without a figure: {page.bare[:5]}"
        assert not page.untraced, f"{url}: {page.untraced[:3]}"
        for found in page.figures:
            if not found.value or found.metric not in METRICS or METRICS[found.metric].flow is None:
                continue
            response = client.get(f"{found.trace}&format=csv")
            lines = b"".join(response.streaming_content).decode().splitlines()[1:]
            cells = [line.split(",") for line in lines]
            total = sum((Decimal(row[-1]) for row in cells[:-1]), Decimal(0))
            assert total == Decimal(found.value), f"{url}: {found}"
            assert all(int(row[4]) >= 10 for row in cells[:-1])
            checked += 1
    print(f"D1 staff: {checked} figures are sums of groups of at least 10 customers")
    assert checked > 40
