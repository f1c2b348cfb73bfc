"""Objects in S3, as a real server has them: what is read, what is told, what is written."""

import contextlib
import gc
import gzip
import io
import random
import subprocess
import sys
import zipfile

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from tests.sources.test_opening import read_all, sizes
from tests.storage.buckets import aws_environment, use_environment
from tests.storage.proxy import breaking
from tng.errors import InputError
from tng.models import Undecodable
from tng.sources import Input, InputReadError, open_inputs
from tng.sources.names import expand
from tng.storage.errors import NotFoundError, StorageError, StorageSetupError, UnreachableError
from tng.storage.filesystems import BLOCK
from tng.storage.locations import parse_url
from tng.storage.reading import describe, open_url, read_range, size
from tng.storage.writing import open_for_writing

BIG = random.Random(5).randbytes(2 * BLOCK + 5000)  # noqa: S311 - any bytes do


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def names_of(found) -> list[str]:
    return [item[0] if isinstance(item, tuple) else item.path for item in found]


def test_objects_folders_and_wildcards_are_read_in_order(bucket):
    for key in ("r/b.json", "r/a.json", "r/sub/c.json", "r/.hidden", "r/sub/", "top.json"):
        bucket.put(key, key.encode())
    url = bucket.url
    assert read_all(f"{url}/top.json")[0][:2] == (f"{url}/top.json", b"top.json")
    below = [f"{url}/r/a.json", f"{url}/r/b.json", f"{url}/r/sub/c.json"]
    assert names_of(read_all(f"{url}/r/")) == names_of(read_all(f"{url}/r")) == below
    assert names_of(read_all(f"{url}/r/*.json")) == below[:2]
    assert names_of(read_all(f"{url}/r/[b-z]*")) == below[1:2]
    assert names_of(read_all(f"{url}/**/*.json")) == [*below, f"{url}/top.json"]
    assert names_of(read_all(f"{url}/*")) == [f"{url}/top.json"]
    assert names_of(read_all(url)) == [*below, f"{url}/top.json"]
    # The same object named twice counts once.
    assert names_of(read_all(f"{url}/r/*", below[0])) == below[:2]


def test_a_listing_goes_over_several_pages(bucket):
    # Into the server's own memory, because a thousand requests take half a minute.
    stored = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for number in range(1001):
        stored.put_object(bucket.name, f"n/{number:04}", b"x")
    found = expand([f"{bucket.url}/n/*"])
    assert found == tuple(f"{bucket.url}/n/{number:04}" for number in range(1001))


def test_archives_and_gzip_are_opened_where_they_lie(bucket):
    zipped = bucket.put("reel.zip", packed({"a.json": b"[1]", "b": gzip.compress(b"[2]")}))
    archive, *members = read_all(zipped, bucket.put("c.gz", gzip.compress(b"[3]")))
    assert archive.members == 2
    assert [item[1] for item in members] == [b"[1]", b"[2]", b"[3]"]


@pytest.mark.slow
def test_a_stream_can_be_sought_in(bucket):
    with open_url(bucket.put("big", BIG)) as stream:
        assert stream.seek(-7, io.SEEK_END) == len(BIG) - 7
        assert stream.read() == BIG[-7:]
        stream.seek(0)
        assert sum(sizes(stream, 1000)) == len(BIG)


@pytest.mark.slow
def test_a_stream_holds_a_few_blocks_whatever_the_size(bucket):
    name = bucket.put("long", BIG * 8)
    # In a process of its own, because the server is in this one.
    program = (
        "import sys, tracemalloc; from tng.storage.reading import open_url, size\n"
        "size(sys.argv[1])\n"
        "tracemalloc.start()\n"
        "with open_url(sys.argv[1]) as stream:\n"
        "    print(sum(map(len, iter(lambda: stream.read(100_000), b''))))\n"
        "print(tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name], capture_output=True, check=True, text=True
    )
    count, peak = map(int, done.stdout.split())
    assert count == 8 * len(BIG)
    assert peak < 8 * BLOCK, peak


@pytest.mark.slow
def test_ranges_and_sizes_are_the_same_here_and_there(bucket, tmp_path):
    (tmp_path / "big").write_bytes(BIG)
    for name in (bucket.put("big", BIG), str(tmp_path / "big"), f"file://{tmp_path}/big"):
        assert size(name) == len(BIG)
        assert read_range(name, 5, 9) == BIG[5:9]
        assert read_range(name, len(BIG) - 2, len(BIG) + 9) == BIG[-2:]
        assert read_range(name, len(BIG) + 1, len(BIG) + 9) == b""
        with open_url(name) as stream:
            stream.seek(BLOCK - 1)
            assert stream.read(3) == BIG[BLOCK - 1 : BLOCK + 2]
        before = describe(name).version
        assert before == describe(name).version
    assert bucket.put("big", BIG[:-1]) == f"{bucket.url}/big"
    assert describe(f"{bucket.url}/big").version != before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["none.json", "none/", "none*", "**/none"])
def test_what_does_not_exist_is_told_before_anything_is_opened(bucket, name):
    there = bucket.put("a.json", b"[]")
    with pytest.raises(InputError, match=r"does not exist|matches nothing"):
        open_inputs([there, f"{bucket.url}/{name}"], io.BytesIO())


def test_no_such_bucket_is_told_before_anything_is_opened(bucket):
    with pytest.raises(InputError, match="does not exist"):
        open_inputs(["s3://tng-no-such-bucket/a.json"], io.BytesIO())


def test_an_object_that_may_not_be_read_stops_no_other(bucket):
    there = bucket.put("a.json", b"[]")
    bucket.put("secret.json", b"[]")
    denied = f"arn:aws:s3:::{bucket.name}/secret.json"
    bucket.client.put_bucket_policy(
        Bucket=bucket.name,
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", '
        f'"Action": "s3:GetObject", "Resource": "{denied}"}}]}}',
    )
    problem, other = read_all(f"{bucket.url}/secret.json", there)
    assert isinstance(problem, Undecodable)
    assert problem.findings[0].code == "input-unreadable"
    assert "access denied" in problem.findings[0].message
    assert "s3:GetObject" in problem.findings[0].message
    assert other[1] == b"[]"


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_without_credentials_nothing_is_done(bucket, s3_endpoint, monkeypatch, missing):
    values = aws_environment(s3_endpoint)
    use_environment(monkeypatch, {k: v for k, v in values.items() if k != missing})
    monkeypatch.delenv(missing)
    with pytest.raises(StorageSetupError, match="no usable credentials") as caught:
        open_inputs([f"{bucket.url}/a.json"], io.BytesIO())
    assert "AWS_PROFILE" in caught.value.hint


@pytest.mark.slow
def test_names_that_no_url_can_have_are_findings_and_lead_nowhere_else(bucket):
    bucket.put("d/a", b"the wrong object")
    for odd in ("d/a?versionId=1", "d/a#b", "d/a\x1b[2J"):
        bucket.put(odd, b"")
    found = read_all(f"{bucket.url}/d/")
    assert [item[1] for item in found if isinstance(item, tuple)] == [b"the wrong object"]
    odd = [item for item in found if isinstance(item, Undecodable)]
    assert len(odd) == 3
    assert all(item.source.file.isprintable() for item in odd)
    assert {item.findings[0].code for item in odd} == {"input-unreadable"}


@pytest.mark.slow
def test_the_address_of_a_service_without_its_scheme_is_told(monkeypatch):
    use_environment(monkeypatch, aws_environment("127.0.0.1:9"))
    with pytest.raises(UnreachableError, match="no URL") as caught:
        open_inputs(["s3://bucket/key"], io.BytesIO())
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.slow
def test_a_connection_that_breaks_ends_that_input_alone(bucket, s3_endpoint, monkeypatch):
    big, small = bucket.put("big", BIG), bucket.put("small", b"[]")
    with breaking(s3_endpoint, b"bytes=%d-" % BLOCK, 100_000) as endpoint:
        use_environment(monkeypatch, aws_environment(endpoint))
        for opened in open_inputs([big, small], io.BytesIO()):
            assert isinstance(opened, Input)
            if opened.path == small:
                assert opened.stream.read() == b"[]"
                continue
            with pytest.raises(InputReadError, match="connection to the service broke") as caught:
                sum(sizes(opened.stream))
            assert caught.value.finding.code == "input-unreadable"
            assert opened.sha256() == ""


@pytest.mark.slow
def test_an_object_that_is_replaced_while_it_is_read_is_an_error(bucket):
    name = bucket.put("big", BIG)
    with open_url(name) as stream:
        assert stream.read(10) == BIG[:10]
        bucket.put("big", bytes(len(BIG)))
        with pytest.raises(StorageError, match="changed while it was read"):
            stream.read()


def test_an_output_appears_whole_or_not_at_all(bucket):
    url = parse_url(bucket.put("out.json", b"before"))
    with contextlib.suppress(KeyboardInterrupt), open_for_writing(url) as stream:
        stream.write(BIG + BIG)
        assert bucket.get("out.json") == b"before"
        assert bucket.unfinished() == ["out.json"]
        raise KeyboardInterrupt
    assert bucket.get("out.json") == b"before"
    assert bucket.unfinished() == []
    with open_for_writing(url) as stream:
        stream.write(BIG)
        stream.write(BIG)
    assert bucket.get("out.json") == BIG + BIG
    with open_for_writing(url):
        pass
    assert bucket.get("out.json") == b""


@pytest.mark.slow
def test_a_small_output_that_is_interrupted_never_appears(bucket):
    url = parse_url(f"{bucket.url}/out.json")
    with contextlib.suppress(OSError), open_for_writing(url) as stream:
        stream.write(b"half")
        raise OSError("another disk is full")
    # The client's file makes an object of what it has when it is forgotten, if nothing stops it.
    del stream
    gc.collect()
    assert bucket.keys() == []


@pytest.mark.slow
def test_where_nothing_can_be_written_is_told_first(bucket):
    with (
        pytest.raises(NotFoundError, match="no bucket tng-no-such-bucket"),
        open_for_writing(parse_url("s3://tng-no-such-bucket/a")),
    ):
        pytest.fail("nothing may be begun")
    with (
        pytest.raises(StorageError, match="names no object"),
        open_for_writing(parse_url(f"{bucket.url}/folder/")),
    ):
        pytest.fail("nothing may be begun")
