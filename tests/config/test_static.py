"""What pages fetch: our own files only, small, and fit for the strict content policy."""

import gzip
import re
from pathlib import Path

import plotly
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
BUNDLE = STATIC / "vendor" / "plotly-basic-4.1.1.min.js"
HTMX = ROOT / "templates" / "parts" / "_head.html"


def gz(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def version_in(text: str) -> str:
    found = re.search(r"plotly\.js(?: \(basic - minified\))? v(\d+\.\d+\.\d+)", text)
    assert found, "no plotly.js version in the file's head"
    return found.group(1)


def test_the_bundle_is_the_version_its_name_says_and_the_wheel_holds() -> None:
    ours = version_in(BUNDLE.read_text(encoding="utf-8")[:300])
    wheel = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    theirs = version_in(wheel.read_text(encoding="utf-8")[:300])
    assert ours in BUNDLE.name
    assert ours == theirs


def test_the_page_names_the_bundle_that_is_there() -> None:
    named = re.search(r"vendor/(plotly-basic-[\d.]+\.min\.js)", HTMX.read_text())
    assert named and (STATIC / "vendor" / named.group(1)).exists()


def test_a_page_stays_light_before_a_chart_is_explored() -> None:
    import django_htmx

    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-4.min.js"
    ours = [STATIC / "css" / name for name in ("tokens.css", "app.css", "pages.css", "narrow.css")]
    ours += [STATIC / "js" / name for name in ("app.js", "explore.js")]
    assert sum(gz(path) for path in [*ours, htmx]) <= 30 * 1024
    assert gz(BUNDLE) <= 400 * 1024


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_content_policy_forbids(path: Path) -> None:
    if "email" in path.parts or path.match("*/email/*"):
        pytest.skip("a mail's layout is not a page")
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=", text), "inline style"
    assert not re.search(r"\son[a-z]+=", text), "inline handler"
    assert "hx-on" not in text
    assert "<style" not in text
    for script in re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text):
        assert "application/json" in script, "inline script"
    # Only names of formats may look like addresses of other hosts.
    assert not re.search(r'(?:src|href|action)="https?://', text), "another host"


def test_stylesheets_and_scripts_fetch_nothing() -> None:
    for path in [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]:
        text = path.read_text(encoding="utf-8")
        assert "@import" not in text
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", text)
        assert "innerHTML" not in text
        assert not re.search(r"\beval\(|new Function", text)


def test_the_bundle_compiles_no_code() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    assert "new Function" not in text
    assert "sourceMappingURL" not in text


def icons_of_the_sprite() -> list[str]:
    return re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text())


def test_the_sprite_holds_every_icon_that_is_used_and_few_more() -> None:
    names = icons_of_the_sprite()
    assert len(names) == len(set(names)) <= 44
    used = set()
    for path in TEMPLATES:
        used |= set(re.findall(r'{% icon "([^"]+)"', path.read_text(encoding="utf-8")))
        used |= set(re.findall(r'\bsign="([^"]+)"', path.read_text(encoding="utf-8")))
    navigation = (ROOT / "config" / "pages" / "navigation.py").read_text()
    used |= set(re.findall(r'"([a-z-]+)", "(?:main|foot)"', navigation))
    assert used <= set(names), f"not in the sprite: {sorted(used - set(names))}"


def test_dark_names_every_colour_that_light_names() -> None:
    text = (STATIC / "css" / "tokens.css").read_text()
    blocks = re.findall(r"\{([^{}]+)\}", text)
    names = [set(re.findall(r"(--[a-z0-9-]+):", block)) for block in blocks]
    dark = [found for found in names if "--bg" in found][1:]
    assert len(dark) == 2
    assert dark[0] == dark[1]
    colours = {name for name in names[0] if re.search(rf"{name}: (#|rgb)", text)}
    assert colours - {"--shadow", "--ring"} <= dark[0]


def test_every_colour_used_is_a_token() -> None:
    tokens = set(re.findall(r"(--[a-z0-9-]+):", (STATIC / "css" / "tokens.css").read_text()))
    for name in ("app.css", "pages.css", "narrow.css"):
        text = (STATIC / "css" / name).read_text()
        used = set(re.findall(r"var\((--[a-z0-9-]+)", text))
        assert used <= tokens, f"{name}: {sorted(used - tokens)}"
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", re.sub(r"/\*.*?\*/", "", text))
