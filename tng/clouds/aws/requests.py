"""Finding out which certificates requests got before: from memory, and from the account.

Read-only. Three ways, in this order: the id that was written down; what was made since a call
whose outcome was not; and the certificates of the thing that has the wanted name.
"""

from collections.abc import Callable, Mapping, Sequence

from tng.clouds.aws.certificates import CertificateReader, FoundCertificate
from tng.clouds.aws.issued import IssuedTable, OwnCertificate
from tng.clouds.interface import IssuedMemory, RememberedIssue
from tng.csr.model import RequestedDevice
from tng.x509.pem import certified_key


class RequestFinder:
    """One look at the requests of one target; what it finds goes into the ``table``, too."""

    def __init__(
        self, reader: CertificateReader, memory: IssuedMemory, table: IssuedTable, target: str
    ) -> None:
        """``target`` is the `TargetDescription.key`."""
        self._reader = reader
        self._memory = memory
        self._table = table
        self._target = target
        self._remembered: dict[str, RememberedIssue] = {}

    def remembered(self, devices: Sequence[RequestedDevice]) -> dict[str, str]:
        """The ids that are remembered, by key; raises `LedgerError`."""
        keys = [device.request.key for device in devices]
        self._remembered = {key: self._memory.issue(self._target, key) for key in keys}
        return {
            key: known.certificate_id
            for key, known in self._remembered.items()
            if known.certificate_id
        }

    def found(
        self, statuses: Mapping[str, str], attached: Callable[[str], Sequence[str]]
    ) -> dict[str, OwnCertificate]:
        """The certificates that are there, of what was asked for with `remembered`.

        ``statuses`` are those of remembered ids that exist, ``attached`` gives the ids of the
        certificates of the thing that a request wants. Raises `CloudError` siblings.
        """
        own: dict[str, OwnCertificate] = {}
        for key, known in self._remembered.items():
            status = statuses.get(known.certificate_id)
            if status is not None:
                written = known.unknown_since is None
                own[key] = OwnCertificate(known.certificate_id, status, known.problem, written)
        for key, certificate in self._orphans(own).items():
            own[key] = _unwritten(certificate)
        for key in self._remembered:
            if key not in own:
                own |= self._attached(key, attached(key))
            usable = own[key] if key in own and not own[key].problem else None
            self._table.learn(key, None if usable is None else usable.certificate_id)
        return own

    def _orphans(self, own: Mapping[str, OwnCertificate]) -> dict[str, FoundCertificate]:
        wanted = {
            key: known.unknown_since
            for key, known in self._remembered.items()
            if known.unknown_since is not None and key not in own
        }
        taken = self._table.certificates() | {item.certificate_id for item in own.values()}
        return self._reader.orphans(
            wanted, lambda since: taken | self._memory.certificates_since(self._target, since)
        )

    def _attached(self, key: str, certificate_ids: Sequence[str]) -> dict[str, OwnCertificate]:
        for certificate_id in certificate_ids:
            certificate = self._reader.describe(certificate_id)
            if certificate is not None and certified_key(certificate.pem) == key:
                return {key: _unwritten(certificate)}
        return {}


def _unwritten(certificate: FoundCertificate) -> OwnCertificate:
    return OwnCertificate(certificate.certificate_id, certificate.status, is_written=False)
