"""Objects in Azure Blob Storage, as Azurite has them; skipped where it is not installed."""

import contextlib
import gc
import io
import secrets
from collections.abc import Iterator

import adlfs
import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.sources.test_opening import read_all
from tests.storage.buckets import AZURITE_ACCOUNT, serve_azurite
from tests.storage.test_s3 import BIG, names_of, packed
from tng.errors import InputError
from tng.sources import open_inputs
from tng.storage.errors import NotFoundError, StorageError, StorageSetupError
from tng.storage.filesystems import BLOCK
from tng.storage.locations import parse_url
from tng.storage.reading import describe, open_url, read_range
from tng.storage.writing import open_for_writing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_azurite(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def container(azurite: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ContainerClient]:
    """An empty container that the environment leads to."""
    for name in ("ACCOUNT_NAME", "ACCOUNT_KEY", "SAS_TOKEN"):
        monkeypatch.delenv(f"AZURE_STORAGE_{name}", raising=False)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite)
    adlfs.AzureBlobFileSystem.clear_instance_cache()
    with BlobServiceClient.from_connection_string(azurite) as service:
        yield service.create_container(f"tng-{secrets.token_hex(8)}")


@pytest.mark.parametrize("scheme", ["abfs", "abfss", "az"])
def test_objects_folders_and_wildcards_are_read_in_order(container, scheme):
    for name in ("r/b.json", "r/a.json", "r/sub/c.json", "r/.hidden", "top.json"):
        container.upload_blob(name, name.encode())
    container.upload_blob("r/sub", b"", metadata={"hdi_isfolder": "true"})
    url = f"{scheme}://{container.container_name}"
    below = [f"{url}/r/a.json", f"{url}/r/b.json", f"{url}/r/sub/c.json"]
    assert read_all(f"{url}/top.json")[0][:2] == (f"{url}/top.json", b"top.json")
    assert names_of(read_all(f"{url}/r/")) == names_of(read_all(f"{url}/r")) == below
    assert names_of(read_all(f"{url}/r/*.json")) == below[:2]
    assert names_of(read_all(f"{url}/**/*.json")) == [*below, f"{url}/top.json"]
    assert names_of(read_all(url)) == [*below, f"{url}/top.json"]


def test_the_account_may_stand_in_the_url(container):
    container.upload_blob("a.json", b"[]")
    name = f"{container.container_name}@{{}}.dfs.core.windows.net/a.json"
    assert read_all(f"abfss://{name.format(AZURITE_ACCOUNT)}")[0][1] == b"[]"
    with pytest.raises(StorageSetupError, match="another storage account"):
        open_inputs([f"abfss://{name.format('other')}"], io.BytesIO())


def test_streams_archives_and_ranges(container):
    url = f"abfs://{container.container_name}"
    container.upload_blob("big", BIG)
    container.upload_blob("reel.zip", packed({"a.json": b"[1]", "b.json": b"[2]"}))
    with open_url(f"{url}/big") as stream:
        assert stream.read() == BIG
        stream.seek(BLOCK - 1)
        assert stream.read(3) == BIG[BLOCK - 1 : BLOCK + 2]
    assert read_range(f"{url}/big", 5, 9) == BIG[5:9]
    assert read_range(f"{url}/big", len(BIG) - 2, len(BIG) + 9) == BIG[-2:]
    assert describe(f"{url}/big").size == len(BIG)
    _, *members = read_all(f"{url}/reel.zip")
    assert [item[1] for item in members] == [b"[1]", b"[2]"]


def test_an_object_that_is_replaced_while_it_is_read_is_an_error(container):
    container.upload_blob("big", BIG)
    with open_url(f"abfs://{container.container_name}/big") as stream:
        stream.read(10)
        container.upload_blob("big", bytes(len(BIG)), overwrite=True)
        with pytest.raises(StorageError, match="changed while it was read"):
            stream.read()


def test_what_does_not_exist_is_told_before_anything_is_opened(container):
    for name in (f"{container.container_name}/none", f"{container.container_name}/*.json"):
        with pytest.raises(InputError, match=r"does not exist|matches nothing"):
            open_inputs([f"abfs://{name}"], io.BytesIO())
    for name in ("no-such-container/a", "no-such-container/"):
        with pytest.raises(InputError, match="does not exist"):
            open_inputs([f"abfs://{name}"], io.BytesIO())


# What adlfs gives to azure-core, aiohttp finds large.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_an_output_appears_whole_or_not_at_all(container):
    container.upload_blob("out.json", b"before")
    url = parse_url(f"abfs://{container.container_name}/out.json")
    with contextlib.suppress(KeyboardInterrupt), open_for_writing(url) as stream:
        stream.write(BIG + BIG)
        raise KeyboardInterrupt
    # The client's file makes an object of what it has when it is forgotten, if nothing stops it.
    del stream
    gc.collect()
    assert container.download_blob("out.json").readall() == b"before"
    with open_for_writing(url) as stream:
        for start in range(0, len(BIG), 100_000):
            stream.write(BIG[start : start + 100_000])
    assert container.download_blob("out.json").readall() == BIG
    with open_for_writing(url):
        pass
    assert container.download_blob("out.json").readall() == b""
    with pytest.raises(NotFoundError, match="no container no-such-container"):
        open_for_writing(parse_url("abfs://no-such-container/a")).__enter__()


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        (None, "does not say in which storage account"),
        ("AccountKey=hunter2hunter2", "cannot be used"),
    ],
)
def test_credentials_that_are_of_no_use_are_told(container, monkeypatch, connection, told):
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    if connection is not None:
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection)
    adlfs.AzureBlobFileSystem.clear_instance_cache()
    with pytest.raises(StorageSetupError, match=told) as caught:
        open_inputs([f"abfs://{container.container_name}/a"], io.BytesIO())
    assert "AZURE_STORAGE_CONNECTION_STRING" in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_whoever_is_not_signed_in_is_told_at_once(container, monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "nobody")
    # Of the chain, the one credential that asks nobody.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    adlfs.AzureBlobFileSystem.clear_instance_cache()
    with pytest.raises(StorageSetupError, match="no usable credentials") as caught:
        open_inputs([f"abfs://{container.container_name}/a"], io.BytesIO())
    assert "az login" in caught.value.hint


def test_a_wrong_key_is_a_finding(container, azurite, monkeypatch):
    key = azurite.partition("AccountKey=")[2].partition(";")[0]
    wrong = azurite.replace(key, f"{key[::-1].strip('=')}==")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", wrong)
    adlfs.AzureBlobFileSystem.clear_instance_cache()
    (problem,) = read_all(f"abfs://{container.container_name}/a")
    assert problem.findings[0].code == "input-unreadable"
    assert "access denied" in problem.findings[0].message


def test_names_that_no_url_can_have_are_findings_and_lead_nowhere_else(container):
    container.upload_blob("d/a", b"the wrong object")
    for odd in ("d/a?versionid=1", "d/a#b"):
        container.upload_blob(odd, b"")
    found = read_all(f"abfs://{container.container_name}/d/")
    assert [item[1] for item in found if isinstance(item, tuple)] == [b"the wrong object"]
    assert {code.findings[0].code for code in found if not isinstance(code, tuple)} == {
        "input-unreadable"
    }
