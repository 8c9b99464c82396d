"""Small MT940 files made for the tests."""

from transactions.adapters.base import Layout

LAYOUT = Layout(adapter="MT940", described=True)
ENTRY = ":61:2403050305D10,00NTRFNONREF"


def message(*rows: str, opening: str = ":60F:C240301EUR100,00", closing: str = ":62F:C240331EUR1,00",
             account: str = "DE02120300000000202051", end: str = "\n") -> bytes:  # fmt: skip
    parts = (":20:START", f":25:{account}", ":28C:1/1", opening, *rows, closing, "-")
    return end.join(part for part in parts if part).encode() + end.encode()
