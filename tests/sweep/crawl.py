"""Reading a page as the D1 crawler does: its figures, its bare numbers, its links."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Money or a percentage in a text: a currency sign or code beside digits, or digits before %.
MONEY = re.compile(
    r"[€$£¥]\s?[−-]?\d|\d\s?[€£¥]|\b(?:EUR|USD|GBP|CZK|JPY|KWD)\s?[−-]?\d|\d[\s\u202f\u00a0]?%"
)
# -- the one reviewed list of exceptions ---------------------------------------------------------
# Where money or a percentage may stand bare: a row's own cell, job progress, the raw cells of an import
# preview; what is no text, and what a person types into a form; a chart's axis.
BARE_OK_ATTRIBUTES = {"data-cell", "data-progress", "data-preview"}
BARE_OK_TAGS = {"script", "style", "option", "select", "input", "textarea", "pattern"}
BARE_OK_CLASSES = {"tick", "raw", "cell-bad", "cell-ok"}
# Figures that are no sum of rows or groups; each leads to the page that says how it was made, and is there.
FORECASTS = {
    f"forecast_{flow}{end}"
    for flow in ("income", "expenses", "net")
    for end in ("", "_low", "_high")
} | {"forecast_coverage", "regulars_due_out", "regulars_due_in"}
# Pages that aren't walked: sign-in, the admin's raw tables, the API itself, the style guide's samples.
NOT_WALKED = ("/accounts/", "/admin/", "/api/", "/styleguide/")
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}


@dataclass(frozen=True)
class Found:
    """A figure on a page: what it says it is, and where its trace leads."""

    metric: str
    value: str
    trace: str


@dataclass
class Page(HTMLParser):
    figures: list[Found] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    untraced: list[str] = field(default_factory=list)
    _stack: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = set(given.get("class", "").split())
        is_figure = "data-metric" in given or "fig" in classes
        if is_figure:
            if given.get("data-value", "") != "" and not given.get("href"):
                self.untraced.append(str(given))
            if given.get("href"):
                self.links.append(given["href"])
            self.figures.append(
                Found(
                    given.get("data-metric", ""), given.get("data-value", ""), given.get("href", "")
                )
            )
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        fine = (
            is_figure
            or tag in BARE_OK_TAGS
            or bool(BARE_OK_ATTRIBUTES & given.keys())
            or bool(BARE_OK_CLASSES & classes)
        )
        if tag not in VOID:
            self._stack.append((tag, fine))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID and self._stack:
            self._stack.pop()

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._stack) - 1, -1, -1):
            if self._stack[place][0] == tag:
                del self._stack[place:]
                return

    def handle_data(self, text: str) -> None:
        if MONEY.search(text) and not any(fine for _, fine in self._stack):
            self.bare.append(" ".join(text.split())[:120])


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page
