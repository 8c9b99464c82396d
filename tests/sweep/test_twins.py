from accounts.banks.tenancy import in_bank
from tests import twins


def test_every_table_of_a_bank_has_a_canary_row(twin_banks):
    assert twins.tables_without_rows(twins.A) == []
    assert twins.tables_without_rows(twins.B) == []


def test_twins_have_equal_keys_and_b_has_more(twin_banks):
    a, b = dict(twins.rows_of(twins.A)), dict(twins.rows_of(twins.B))
    assert set(a) == set(b)
    assert all(b[label] >= a[label] for label in a)
    assert b["customers.Customer"] == a["customers.Customer"] + 1


def test_public_ids_of_transactions_are_equal(twin_banks):
    from transactions.ids import encode_one

    with in_bank(twins.A.schema):
        first = encode_one(1)
    with in_bank(twins.B.schema):
        assert encode_one(1) == first
