"""Opening what users name: order, hashes, compression by content, and bounds."""

import contextlib
import gzip
import io
import os
import threading
import tracemalloc
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tng.decode.interface import SNIFF_BYTES
from tng.errors import InputError
from tng.models import Undecodable
from tng.sources import (
    Archive,
    Input,
    InputLimitError,
    InputReadError,
    InputStreamError,
    Limits,
    open_inputs,
)

NO_STDIN = io.BytesIO()


def read_all(*names, stdin=NO_STDIN, **options):
    """(path, content, hash) of every input; archives and problems as they are."""
    result = []
    for opened in open_inputs([str(name) for name in names], stdin, **options):
        if isinstance(opened, Input):
            result.append((opened.path, opened.stream.read(), opened.sha256()))
        else:
            result.append(opened)
    return result


def sizes(stream, size=65536):
    """How many bytes each read gives; collected in a list by those who expect an error."""
    while data := stream.read(size):
        yield len(data)


def hashed(data: bytes) -> str:
    return sha256(data).hexdigest()


def make_zip(path: Path, members: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_file_gives_its_bytes_and_their_hash(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(b"[]" * 100_000)
    assert read_all(file) == [(str(file), b"[]" * 100_000, hashed(b"[]" * 100_000))]


def test_a_folder_with_the_name_of_a_scheme_leads_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s3:").mkdir()
    (tmp_path / "s3:" / "a.json").write_bytes(b"[]")
    assert [item[:2] for item in read_all("*//a.json")] == [("s3:/a.json", b"[]")]
    assert [item[:2] for item in read_all("s3:/a.json")] == [("s3:/a.json", b"[]")]


def test_the_beginning_can_be_seen_without_reading_it(tmp_path):
    data = os.urandom(3 * SNIFF_BYTES)
    file = tmp_path / "a"
    file.write_bytes(data)
    (opened,) = (item for item in open_inputs([str(file)], NO_STDIN))
    for opened in open_inputs([str(file)], NO_STDIN):
        assert opened.head == data[:SNIFF_BYTES]
        assert opened.stream.peek(SNIFF_BYTES) == data[:SNIFF_BYTES]
        assert opened.stream.read() == data


def test_the_hash_is_whole_even_if_the_decoder_stopped_early(tmp_path):
    data = os.urandom(500_000)
    file = tmp_path / "a"
    file.write_bytes(data)
    for opened in open_inputs([str(file)], NO_STDIN):
        opened.stream.read(10)
        assert opened.sha256() == hashed(data)
        assert opened.sha256() == hashed(data)


def test_folders_are_walked_in_order_without_hidden_files(tmp_path):
    for name in ["b/2", "b/1", "a", "c/.hidden", ".git/config"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    names = [Path(path).relative_to(tmp_path).as_posix() for path, _, _ in read_all(tmp_path)]
    assert names == ["a", "b/1", "b/2"]


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "again").symlink_to(tmp_path)
    assert len(read_all(tmp_path)) == 1


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    (problem,) = read_all(tmp_path)
    assert problem.findings[0].code == "input-empty"


def test_globs_are_expanded_and_sorted_and_a_name_counts_once(tmp_path):
    for name in ["2.pem", "1.pem", "x.txt"]:
        (tmp_path / name).write_bytes(b"x")
    found = read_all(tmp_path / "*.pem", tmp_path / "1.pem")
    assert [Path(path).name for path, _, _ in found] == ["1.pem", "2.pem"]


def test_a_file_whose_name_looks_like_a_glob_is_opened(tmp_path):
    file = tmp_path / "chip[1].pem"
    file.write_bytes(b"x")
    assert read_all(file)[0][0] == str(file)


@pytest.mark.parametrize("name", ["missing.json", "*.nothing"])
def test_a_name_without_a_file_ends_the_run_before_anything_is_opened(tmp_path, name):
    with pytest.raises(InputError, match=r"matches nothing|does not exist"):
        open_inputs([str(tmp_path / name)], NO_STDIN)


def test_stdin_is_read_where_it_is_named():
    assert read_all("-", stdin=io.BytesIO(b"hello")) == [("-", b"hello", hashed(b"hello"))]


def test_a_file_that_cannot_be_opened_does_not_stop_the_others(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "gone")
    (tmp_path / "b").write_bytes(b"x")
    problem, other = read_all(tmp_path / "a", tmp_path / "b")
    assert isinstance(problem, Undecodable)
    assert problem.findings[0].code == "input-unreadable"
    assert other[1] == b"x"


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    (tmp_path / "a").touch()
    assert read_all(tmp_path / "a")[0].findings[0].code == "input-empty"


def test_gzip_is_recognised_by_content_and_hashed_as_it_lies_on_disk(tmp_path):
    file = tmp_path / "no-suffix"
    file.write_bytes(gzip.compress(b"manifest" * 50_000))
    assert read_all(file) == [(str(file), b"manifest" * 50_000, hashed(file.read_bytes()))]


def test_gzip_comes_through_stdin_too():
    packed = gzip.compress(b"x" * 1000)
    assert read_all("-", stdin=io.BytesIO(packed)) == [("-", b"x" * 1000, hashed(packed))]


def test_the_hash_of_a_gzip_is_whole_even_if_the_decoder_stopped_early(tmp_path):
    packed = gzip.compress(os.urandom(500_000))
    (tmp_path / "a").write_bytes(packed)
    for opened in open_inputs([str(tmp_path / "a")], NO_STDIN):
        opened.stream.read(10)
        assert opened.sha256() == hashed(packed)


def test_a_zip_is_reported_itself_and_gives_its_members(tmp_path):
    packed = gzip.compress(b"inner")
    members = {"dir/": b"", "dir/a.json": b"[1]", "b.gz": packed, ".x": b"", "__MACOSX/y": b""}
    file = make_zip(tmp_path / "reel", members)
    assert read_all(file) == [
        Archive(str(file), hashed(file.read_bytes()), 2),
        (f"{file}!dir/a.json", b"[1]", hashed(b"[1]")),
        (f"{file}!b.gz", b"inner", hashed(packed)),
    ]


def test_a_zip_through_a_pipe_is_read(tmp_path):
    file = make_zip(tmp_path / "z", {"a": b"x" * 100_000})
    reader, writer = os.pipe()

    def feed():
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(file.read_bytes())

    feeder = threading.Thread(target=feed)
    feeder.start()
    with os.fdopen(reader, "rb") as pipe:
        archive, member = read_all("-", stdin=pipe)
    feeder.join()
    assert archive.sha256 == hashed(file.read_bytes())
    assert member[:2] == ("-!a", b"x" * 100_000)


def test_a_zip_through_a_pipe_has_a_limit(tmp_path):
    data = make_zip(tmp_path / "z", {"a": os.urandom(500_000)}).read_bytes()

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    (problem,) = read_all("-", stdin=Pipe(data), limits=Limits(piped_archive=100_000))
    assert problem.findings[0].code == "input-too-large"


def test_a_member_name_is_only_shown_and_cannot_steer_a_terminal(tmp_path):
    file = make_zip(tmp_path / "z", {"../../etc/x": b"1", "a\x1b[2J\nb": b"2"})
    paths = [item[0] for item in read_all(file)[1:]]
    assert paths == [f"{file}!../../etc/x", f"{file}!a\\x1b[2J\\nb"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_of_unbounded_compression_methods_are_refused(tmp_path, method):
    _, problem = read_all(make_zip(tmp_path / "z", {"a": b"x"}, method))
    assert problem.findings[0].code == "input-unreadable"
    assert "compression method" in problem.findings[0].message


@pytest.mark.parametrize("inner", ["zip", "gzip"])
def test_what_is_packed_too_often_is_not_opened(tmp_path, inner):
    data = make_zip(tmp_path / "z", {"a": b"x"}).read_bytes()
    if inner == "gzip":
        data = gzip.compress(gzip.compress(b"x"))
    _, problem, other = read_all(make_zip(tmp_path / "outer", {"a": data, "b": b"ok"}))
    assert problem.findings[0].code == "input-unreadable"
    assert other[1] == b"ok"


def test_a_damaged_gzip_gives_what_came_before_and_then_an_error(tmp_path):
    data = b"".join(b"%d\n" % number for number in range(200_000))
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(data)[:-5000])
    for opened in open_inputs([str(file)], NO_STDIN):
        lines = []
        with pytest.raises(InputReadError) as caught:
            lines.extend(iter(opened.stream.readline, b""))
        assert caught.value.finding.code == "input-unreadable"
        assert opened.sha256() == hashed(file.read_bytes())
    assert len(lines) > 10_000


def test_a_short_gzip_that_is_cut_still_gives_its_beginning(tmp_path):
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(b"first line\n")[:-4])
    for opened in open_inputs([str(file)], NO_STDIN):
        assert opened.head == b"first line\n"
        assert opened.stream.readline() == b"first line\n"
        with pytest.raises(InputReadError):
            opened.stream.readline()


def test_a_member_with_a_wrong_checksum_is_an_error_and_has_no_hash(tmp_path):
    file = make_zip(tmp_path / "z", {"a": b"x" * 1000}, zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"xxxx", b"yxxx", 1))
    for opened in open_inputs([str(file)], NO_STDIN):
        if isinstance(opened, Input):
            with pytest.raises(InputReadError):
                sum(sizes(opened.stream, 100))
            assert opened.sha256() == ""


def test_an_encrypted_or_cut_zip_is_unreadable(tmp_path):
    file = make_zip(tmp_path / "z", {"a": b"x" * 1000})
    data = file.read_bytes()
    file.write_bytes(data[:-10])
    assert read_all(file)[0].findings[0].code == "input-unreadable"
    encrypted = bytearray(data)
    encrypted[6] |= 1
    encrypted[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(encrypted)
    assert read_all(file)[1].findings[0].code == "input-unreadable"


def bomb(size: int) -> bytes:
    return gzip.compress(bytes(size), 9)


def test_a_gzip_bomb_stops_early_in_little_memory(tmp_path):
    file = tmp_path / "bomb.gz"
    file.write_bytes(bomb(200 * 1024 * 1024))
    tracemalloc.start()
    given = []
    for opened in open_inputs([str(file)], NO_STDIN):
        with pytest.raises(InputLimitError) as caught:
            given.extend(sizes(opened.stream))
        assert caught.value.finding.code == "input-too-large"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(given) <= 32 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


def test_members_share_one_budget_so_that_many_small_bombs_are_one(tmp_path):
    file = make_zip(tmp_path / "z", {f"{number}": bytes(1_000_000) for number in range(10)})
    limits = Limits(free=1_500_000)
    given = []
    inputs = (item for item in open_inputs([str(file)], NO_STDIN, limits))
    members = (item for item in inputs if isinstance(item, Input))
    with pytest.raises(InputLimitError):
        given.extend(size for member in members for size in sizes(member.stream))
    assert sum(given) <= 1_500_000


def test_a_bomb_in_a_zip_in_a_gzip_member_stops(tmp_path):
    file = make_zip(tmp_path / "z", {"a": bomb(30_000_000)}, zipfile.ZIP_STORED)
    with pytest.raises(InputLimitError):
        read_all(file)


def test_genuine_ratios_pass_whatever_the_size(tmp_path):
    line = os.urandom(3000).hex().encode()
    data = (line + b"\n") * 4
    packed = gzip.compress(data)
    assert len(data) / len(packed) > 4
    (tmp_path / "a").write_bytes(packed)
    assert read_all(tmp_path / "a", limits=Limits(free=0))[0][1] == data


def test_the_total_is_limited_whatever_the_ratio(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(os.urandom(200_000)))
    with pytest.raises(InputLimitError, match="more than 100000 bytes"):
        read_all(tmp_path / "a", limits=Limits(expanded=100_000))


def test_a_zip_with_too_many_members_or_too_long_a_directory_is_refused(tmp_path):
    file = make_zip(tmp_path / "z", {f"member-{number}": b"" for number in range(100)})
    for limits in (Limits(members=99), Limits(directory=2000)):
        (problem,) = read_all(file, limits=limits)
        assert problem.findings[0].code == "input-too-large"


def test_files_are_closed_when_the_consumer_stops(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x")
    inputs = open_inputs([str(file)], NO_STDIN)
    opened = next(inputs)
    inputs.close()
    assert opened.stream.closed


def zip_bytes() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"[1, 2, 3]" * 50)
        archive.writestr("b.gz", gzip.compress(b"hello" * 50))
    return packed.getvalue()


ZIP = zip_bytes()
GZIP = gzip.compress(b"manifest" * 100)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([ZIP, GZIP]),
    st.lists(st.tuples(st.integers(0, len(ZIP)), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_damaged_archives_give_findings_and_never_another_error(data, changes):
    changed = bytearray(data)
    for place, octets in changes:
        changed[place : place + len(octets)] = octets
    for opened in open_inputs(["-"], io.BytesIO(bytes(changed))):
        if isinstance(opened, Input):
            with contextlib.suppress(InputStreamError):
                sum(sizes(opened.stream))
            assert isinstance(opened.sha256(), str)
