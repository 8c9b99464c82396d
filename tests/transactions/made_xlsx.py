"""Excel workbooks written by hand for tests: the parts of the format that statements use."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
# Style numbers: plain, a built-in day, a day of its own format, money, a moment, a time.
PLAIN, DAY, OWN_DAY, MONEY, MOMENT, CLOCK = range(6)
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="[Red]#,##0.00 &quot;day&quot;"/></numFmts>'
    '<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/>'
    '<xf numFmtId="20"/></cellXfs></styleSheet>'
)


class N(str):
    """A number as written in the file; `style` as above."""

    style = PLAIN


def n(written: str, style: int = PLAIN) -> N:
    made = N(written)
    made.style = style
    return made


class Raw(str):
    """A whole cell element as it shall stand in the file, `@` for its place."""


def letters(column: int) -> str:
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def sheet_xml(
    rows: Sequence[Sequence[str] | None],
    strings: list[str],
    *,
    merged: Sequence[str] = (),
    hidden_rows: Sequence[int] = (),
    prolog: str = "",
) -> str:
    """Texts become shared strings, N numbers; None leaves the row out, "" the cell."""
    known = {text: at for at, text in enumerate(strings)}
    out = [f'<?xml version="1.0"?>{prolog}<worksheet xmlns="{MAIN}"><sheetData>']
    for number, cells in enumerate(rows, 1):
        if cells is None:
            continue
        hides = ' hidden="1"' if number in hidden_rows else ""
        out.append(f'<row r="{number}"{hides}>')
        for column, cell in enumerate(cells):
            place = f"{letters(column)}{number}"
            if isinstance(cell, Raw):
                out.append(cell.replace("@", place))
            elif isinstance(cell, N):
                out.append(f'<c r="{place}" s="{cell.style}"><v>{cell}</v></c>')
            elif cell:
                if cell not in known:
                    known[cell] = len(strings)
                    strings.append(cell)
                out.append(f'<c r="{place}" t="s"><v>{known[cell]}</v></c>')
        out.append("</row>")
    out.append("</sheetData>")
    if merged:
        out.append(f'<mergeCells count="{len(merged)}">')
        out += [f'<mergeCell ref="{place}"/>' for place in merged]
        out.append("</mergeCells>")
    out.append("</worksheet>")
    return "".join(out)


def workbook(
    sheets: Mapping[str, Sequence[Sequence[str] | None]],
    *,
    from_1904: bool = False,
    hidden: Sequence[str] = (),
    merged: Sequence[str] = (),
    hidden_rows: Sequence[int] = (),
    parts: Mapping[str, str | bytes] | None = None,
    strings: list[str] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """The bytes of a workbook; `parts` are put beside or instead of the usual ones."""
    strings = [] if strings is None else strings
    written: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/styles.xml": _STYLES,
    }
    listed, links = [], []
    for at, (name, rows) in enumerate(sheets.items(), 1):
        written[f"xl/worksheets/sheet{at}.xml"] = sheet_xml(
            rows, strings, merged=merged, hidden_rows=hidden_rows
        )
        state = ' state="hidden"' if name in hidden else ""
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"{state}/>')
        links.append(
            f'<Relationship Id="rId{at}" Type="{LINKS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        )
    links.append(
        f'<Relationship Id="s" Type="{LINKS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    )
    links.append(f'<Relationship Id="t" Type="{LINKS}/styles" Target="styles.xml"/>')
    pr = '<workbookPr date1904="1"/>' if from_1904 else "<workbookPr/>"
    written["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{pr}<sheets>{"".join(listed)}</sheets></workbook>'
    )
    written["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}">{"".join(links)}</Relationships>'
    )
    shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    written["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{shared}</sst>'
    written.update(parts or {})
    return zipped(written, compression=compression)


def zipped(files: Mapping[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
