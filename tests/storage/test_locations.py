"""What a name may name, and what is refused without being repeated."""

import pytest

from tng.errors import UsageError
from tng.storage.locations import Service, is_url, local_path, parse_url


@pytest.mark.parametrize(
    ("name", "service", "account", "path"),
    [
        ("s3://reels/2026/a.json", Service.S3, "", "reels/2026/a.json"),
        ("s3://reels", Service.S3, "", "reels/"),
        ("s3://reels/a b/ü!x::y.json", Service.S3, "", "reels/a b/ü!x::y.json"),
        ("az://reels/a.json", Service.ABFS, "", "reels/a.json"),
        ("abfs://reels/a.json", Service.ABFS, "", "reels/a.json"),
        (
            "abfss://reels@factory.dfs.core.windows.net/a.json",
            Service.ABFS,
            "factory",
            "reels/a.json",
        ),
    ],
)
def test_urls_name_a_service_a_bucket_and_a_key(name, service, account, path):
    assert is_url(name)
    url = parse_url(name)
    assert (url.service, url.account, url.path) == (service, account, path)
    assert str(url).rstrip("/") == name


@pytest.mark.parametrize("name", ["a.json", "-", "./s3://x", "dir/s3://x", "s3:/x", "a:b", "C::d"])
def test_what_has_no_scheme_is_a_path(name):
    assert not is_url(name)
    assert local_path(name) == name


@pytest.mark.parametrize(
    ("url", "path"),
    [("file:///reels/a%20b", "/reels/a b"), ("file://localhost/a", "/a"), ("file:///", "/")],
)
def test_file_urls_are_paths(url, path):
    assert not is_url(url)
    assert local_path(url) == path


SECRET = "hunter2"


@pytest.mark.parametrize(
    "name",
    [
        f"s3://AKIA:{SECRET}@reels/a.json",
        f"s3://reels/a.json?X-Amz-Signature={SECRET}",
        f"abfs://reels/a.json?sv=2024&sig={SECRET}",
        f"abfss://reels:{SECRET}@factory.dfs.core.windows.net/a",
        f"abfss://reels@{SECRET}.evil.example/a",
        f"https://user:{SECRET}@factory.blob.core.windows.net/reels/a",
        f"simplecache::s3://{SECRET}/a",
        f"s3::https://{SECRET}/a",
        f"zip://{SECRET}::s3://reels/a.zip",
        f"file://{SECRET}/share/a",
        f"memory://{SECRET}",
        f"S3://{SECRET}/a",
        f"s3:///{SECRET}",
        f"s3://../{SECRET}",
        f"s3://reels/a\n{SECRET}",
        f"s3://reels/a#{SECRET}",
        f"{SECRET} {SECRET} {SECRET} {SECRET}://a",
    ],
)
def test_what_is_more_than_a_name_is_refused_and_not_repeated(name):
    with pytest.raises(UsageError) as caught:
        parse_url(name) if is_url(name) else local_path(name)
    assert caught.value.hint
    assert SECRET not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("s3://re!els/a", "Correct the bucket: letters, digits, dots and hyphens; the form is s3:"),
        ("az://re!els/a", "Correct the container: letters, digits, dots and hyphens; the form is"),
        ("abfs:///a", "the form is abfs://container/path."),
        ("s3://key:word@reels/a", "Give credentials to the environment, never in a URL; the form"),
    ],
)
def test_only_what_may_be_a_secret_is_told_as_one(name, told):
    with pytest.raises(UsageError) as caught:
        parse_url(name)
    assert told in caught.value.hint
    assert ("bucket" in caught.value.message) is name.startswith("s3")


def test_one_object_may_have_two_urls():
    named = parse_url("abfss://reels@factory.dfs.core.windows.net/a")
    assert named.is_same(parse_url("az://reels/a"))
    assert not named.is_same(parse_url("abfss://reels@other.dfs.core.windows.net/a"))
    assert not parse_url("s3://reels/a").is_same(parse_url("az://reels/a"))
    assert not parse_url("s3://reels/a").is_same(parse_url("s3://reels/A"))
