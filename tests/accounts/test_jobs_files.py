import hashlib
import io
import random

import pytest

from accounts.banks.tenancy import NoBank, in_bank
from accounts.jobs.errors import EmptyFile, FileTooLarge
from accounts.jobs.files import CHUNK_BYTES, head, open_stored, store_file
from accounts.jobs.models import StoredChunk, StoredFile
from tests.conftest import SOUTH

BIG = random.Random(7).randbytes(2 * CHUNK_BYTES + 12_345)


def keep(content, limit=10 * 2**20, name="statement.csv"):
    return store_file(io.BytesIO(content), name=name, content_type="text/csv", limit=limit)


def test_bytes_come_back_as_they_went_in(north):
    file = keep(BIG)
    assert (file.size, file.sha256) == (len(BIG), hashlib.sha256(BIG).hexdigest())
    assert StoredChunk.objects.filter(file=file).count() == 3
    with open_stored(file) as stream:
        assert stream.read() == BIG


def test_a_stream_that_gives_little_at_a_time_fills_whole_chunks(north):
    class Trickle(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 50_000))

    file = store_file(Trickle(BIG), name="a", content_type="", limit=len(BIG))
    assert StoredChunk.objects.filter(file=file).count() == 3
    with open_stored(file) as stream:
        assert hashlib.sha256(stream.read()).hexdigest() == file.sha256


def test_text_is_kept_small(north):
    file = keep(b"2026-01-02;Bakery;-3.40\n" * 40_000)
    assert sum(len(c.data) for c in file.chunks.all()) < file.size / 20


def test_lines_can_be_read_one_by_one(north):
    text = "".join(f"line {n}\n" for n in range(200_000))
    with io.TextIOWrapper(open_stored(keep(text.encode()))) as lines:
        assert sum(1 for _ in lines) == 200_000


def test_too_large_keeps_nothing(north):
    with pytest.raises(FileTooLarge) as refused:
        keep(BIG, limit=len(BIG) - 1)
    assert refused.value.limit == len(BIG) - 1
    assert not StoredFile.objects.exists() and not StoredChunk.objects.exists()
    assert keep(BIG, limit=len(BIG)).size == len(BIG)


def test_empty_is_refused(north):
    with pytest.raises(EmptyFile):
        keep(b"")
    assert not StoredFile.objects.exists()


def test_head_gives_the_first_bytes(north):
    file = keep(BIG)
    assert head(file) == BIG[:262_144] and head(file, 10) == BIG[:10]
    assert head(keep(b"short")) == b"short"


def test_memory_stays_flat(north):
    import tracemalloc

    class Zeros:
        left = 40 * CHUNK_BYTES

        def read(self, size):
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    tracemalloc.start()
    file = store_file(Zeros(), name="zeros", content_type="", limit=41 * CHUNK_BYTES)
    with open_stored(file) as stream:
        while stream.read(65_536):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.size == 40 * CHUNK_BYTES and peak < 8 * CHUNK_BYTES


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\me\\bank.csv", "bank.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\n.csv", "ab.csv"),
        ("", "file"),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_are_made_plain(north, given, kept):
    assert keep(b"1", name=given).name == kept


def test_another_bank_is_never_read(north):
    stream = open_stored(keep(BIG))
    with in_bank(SOUTH), pytest.raises(NoBank):
        stream.read()
