"""Small CAMT files made for the tests."""

IBAN = "DE02120300000000202051"
ACCOUNT = f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"


def document(inner: str, *, version: int = 8, message: str = "BkToCstmrStmt", group: str = "Stmt",
              account: str = ACCOUNT) -> bytes:  # fmt: skip
    kind = {"BkToCstmrStmt": "053", "BkToCstmrAcctRpt": "052"}.get(message, "054")
    space = f' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version:02}"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document{space if version else ""}>\n<{message}>\n'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>\n<{group}>\n<Id>S1</Id>\n{account}\n{inner}\n</{group}>\n"
        f"</{message}>\n</Document>\n"
    ).encode()


def entry(amount: str = "10.00", way: str = "DBIT", *, sts: str = "<Sts><Cd>BOOK</Cd></Sts>",
           day: str = "<BookgDt><Dt>2024-03-05</Dt></BookgDt>", before: str = "", after: str = "",
           currency: str = "EUR") -> str:  # fmt: skip
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{before}{sts}{day}'
        f"{after}</Ntry>"
    )


def details(*parts: str) -> str:
    return "<NtryDtls>" + "".join(f"<TxDtls>{part}</TxDtls>\n" for part in parts) + "</NtryDtls>"
