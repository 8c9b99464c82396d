"""Content types have other ids in every bank; the process-wide cache must never mix them."""

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from accounts.banks.tenancy import in_bank
from accounts.jobs.models import Job
from accounts.models import User

# Part of the isolation proof (tests/isolation_report.py).
pytestmark = pytest.mark.guard("G1")
BANKS = ("one", "two")


@pytest.fixture
def other_ids(monkeypatch):
    """Answers for the table: in bank "one" ids begin at 100, in "two" at 200."""

    def get(self, app_label, model):
        start = {"one": 100, "two": 200}[connection.schema_name]
        return ContentType(id=start + len(model), app_label=app_label, model=model)

    monkeypatch.setattr(type(ContentType.objects), "get", get)


def look_up(model):
    return ContentType.objects.get_for_model(model).pk


@pytest.mark.trap("content-type-cache")
def test_two_threads_in_two_banks_read_their_own_ids(other_ids):
    """Each turn, both stand in their banks at once; one fills the cache as the other asks."""
    turns, wrong, failed = 300, [], []
    together = threading.Barrier(2)

    def work(schema, start):
        try:
            for turn in range(turns):
                with in_bank(schema):
                    together.wait(10)
                    for model in (User, Job) if turn % 2 else (Job, User):
                        if look_up(model) != start + len(model._meta.model_name):
                            wrong.append((schema, turn))
                    together.wait(10)
        except Exception as error:
            failed.append(error)
            together.abort()
        finally:
            connection.close()

    pairs = zip(BANKS, (100, 200), strict=True)
    threads = [threading.Thread(target=work, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed and not wrong


@pytest.mark.trap("content-type-cache")
@pytest.mark.parametrize("guarded", [True, False])
def test_what_one_thread_looks_up_is_not_anothers(other_ids, monkeypatch, guarded):
    """The second has entered its bank, then the first fills the cache, then the second asks."""
    if not guarded:
        monkeypatch.setattr(ContentType.objects, "_cache", {})
    entered, filled, found = threading.Event(), threading.Event(), []

    def second():
        with in_bank("two"):
            entered.set()
            filled.wait(10)
            found.append(look_up(User))

    thread = threading.Thread(target=second)
    thread.start()
    entered.wait(10)
    with in_bank("one"):
        assert look_up(User) == 104
        filled.set()
        thread.join(10)
    # Without the keys by schema it reads the other bank's id: the trap itself.
    assert found == [204 if guarded else 104]


@pytest.mark.trap("task-without-a-bank")
def test_a_new_thread_meets_a_filled_cache(other_ids):
    """A thread's first connection is made while the cache holds another's entries."""
    with in_bank("one"):
        look_up(User)
        found = []
        thread = threading.Thread(target=lambda: found.append(connection.schema_name))
        thread.start()
        thread.join(10)
    assert found == ["public"]


def test_within_one_bank_the_cache_serves(other_ids, monkeypatch):
    with in_bank("one"):
        first = look_up(User)
        monkeypatch.setattr(type(ContentType.objects), "get", lambda *a, **k: pytest.fail("asked"))
        assert look_up(User) == first


def test_clearing_takes_this_banks_entries(other_ids):
    with in_bank("one"):
        look_up(User)
        ContentType.objects.clear_cache()
        with pytest.raises(KeyError):
            ContentType.objects._get_from_cache(User._meta)
