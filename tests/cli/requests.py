"""Requests in a `Workshop`, and what became of them in AWS."""

from tests.requested_devices import name_of, request_der, requested
from tng.csr.pem import to_pem
from tng.x509.pem import certified_key, read_certificate_file

ISSUE = "CreateCertificateFromCsr"


def write_requests(workshop, count, folder="requests"):
    """A file for each of the first devices; gives the folder's name."""
    place = workshop.folder / folder
    place.mkdir(exist_ok=True)
    for number in range(count):
        (place / f"{number:04}.csr").write_text(to_pem(request_der(number)))
    return folder


def register(workshop, *arguments, expect=0):
    """Register requests without a question."""
    return workshop.tng("register", *arguments, "--csr", "--yes", expect=expect)


def request_keys(count):
    return sorted(requested(number).request.key for number in range(count))


def issued(case, target):
    """The id of each certificate → the key that it certifies, by the SDK."""
    client = case.client(target)
    found = {}
    for certificate_id in case.registered(target):
        description = client.describe_certificate(certificateId=certificate_id)
        pem = description["certificateDescription"]["certificatePem"]
        found[certificate_id] = certified_key(pem)
    return found


def assert_issued(case, target, count):
    """One active certificate for each key, each with a thing of its own."""
    certificates = issued(case, target)
    assert sorted(certificates.values()) == request_keys(count)
    assert set(case.registered(target).values()) <= {"ACTIVE"}
    things = case.things(target)
    assert sorted(things) == sorted(name_of(number) for number in range(count))
    for name, (principal,) in things.items():
        number = int(name.rpartition("-")[2])
        key = certificates[principal.rpartition("/")[2]]
        assert key == requested(number).request.key


def files(workshop, folder="certificates"):
    """The name of each certificate file → the key that it certifies."""
    place = workshop.folder / folder
    return {path.name: certified_key(path.read_text()) for path in place.glob("*.pem")}


def digests(workshop, folder="certificates"):
    """The id of each certificate that has a file → the file's name."""
    place = workshop.folder / folder
    return {
        read_certificate_file(path.read_bytes())[0].sha256: path.name
        for path in place.glob("*.pem")
    }


def assert_files(workshop, count, folder="certificates"):
    assert files(workshop, folder) == {
        f"{name_of(number)}.pem": requested(number).request.key for number in range(count)
    }
