"""Getting a request its one certificate: CreateCertificateFromCsr, and what must go with it.

The call makes another certificate each time it is sent. So before it is sent again after an
unknown outcome, what the first one may have made is looked for by its public key.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.certificates import CertificateReader, FoundCertificate
from tng.clouds.aws.failures import UNREADABLE
from tng.clouds.aws.issued import IssuedReference, IssuedTable, referenced_key
from tng.clouds.aws.names import Place
from tng.clouds.conflicts import read_after_conflict
from tng.clouds.interface import (
    AttentionStep,
    CertificateKeeper,
    DoneStep,
    IssuedMemory,
    RefusedError,
    StepResult,
    TransientError,
)
from tng.plan.models import Step
from tng.x509.pem import certified_key, read_certificate_file

Clock = Callable[[], datetime]

_CERTIFICATE_ID = re.compile(r"[0-9a-f]{64}")


class CertificateIssuing:
    """What requests need of one target; safe to be used by several threads at once."""

    def __init__(
        self,
        api: AwsApi,
        reader: CertificateReader,
        table: IssuedTable,
        memory: IssuedMemory,
        keeper: CertificateKeeper,
        target: str,
        clock: Clock,
    ) -> None:
        """``target`` is the `TargetDescription.key`."""
        self._api = api
        self._reader = reader
        self._table = table
        self._memory = memory
        self._keeper = keeper
        self._target = target
        self._clock = clock

    def perform(self, step: Step) -> StepResult:
        """Make the call once, unless there is a certificate already.

        Raises `CloudError` siblings, and what the keeper raises.
        """
        key = step.subject
        certificate_id = self._table.certificate(key)
        found = self._lost(key) if certificate_id is None else self._known(certificate_id)
        if found is not None:
            return self._there(key, found)
        began = self._clock()
        try:
            return self._made(key, self._api.call(step.operation, step.request))
        except TransientError:
            self._table.lose(key, began)
            raise

    def resolved(self, step: Step, place: Place) -> Step | None:
        """The step with the certificate that its request refers to.

        ``None`` where there is none: no call ever made one, or it cannot be found.
        """
        key = referenced_key(step.request)
        if key is None:
            return step
        certificate_id = self._certificate(key)
        if certificate_id is None:
            return None
        request = {
            name: _resolved(value, certificate_id, place) for name, value in step.request.items()
        }
        return replace(step, request=request)

    def redeliver(self, key: str) -> None:
        """Give the keeper a certificate that is there and that it does not have."""
        certificate_id = self._table.certificate(key)
        if certificate_id is None or self._keeper.has(key, certificate_id):
            return
        found = self._reader.describe(certificate_id)
        if found is not None:
            self._deliver(key, found)

    def _certificate(self, key: str) -> str | None:
        """From this process, from what is remembered, or from the account."""
        known = self._table.certificate(key)
        if known is not None:
            return known
        remembered = self._memory.issue(self._target, key)
        if remembered.certificate_id and not remembered.problem:
            self._table.learn(key, remembered.certificate_id)
            return remembered.certificate_id
        if remembered.unknown_since is None:
            return None
        found = self._search(key, remembered.unknown_since)
        if found is not None:
            self._table.learn(key, found.certificate_id)
        return None if found is None else found.certificate_id

    def _known(self, certificate_id: str) -> FoundCertificate:
        found = read_after_conflict(lambda: self._reader.describe(certificate_id))
        if found is None:
            raise RefusedError("CertificateGone", f"the certificate {certificate_id} is gone")
        return found

    def _lost(self, key: str) -> FoundCertificate | None:
        """What a call of unknown outcome made, if one was made in this process."""
        since = self._table.lost_since(key)
        return None if since is None else self._search(key, since)

    def _search(self, key: str, since: datetime) -> FoundCertificate | None:
        def known(at: datetime) -> frozenset[str]:
            written = self._memory.certificates_since(self._target, at)
            return written | self._table.certificates()

        return self._reader.orphans({key: since}, known).get(key)

    def _there(self, key: str, found: FoundCertificate) -> StepResult:
        trouble = _trouble(key, found.certificate_id, found.pem)
        if trouble is not None:
            return trouble
        self._deliver(key, found)
        self._table.learn(key, found.certificate_id)
        return DoneStep(already=True, note=found.certificate_id)

    def _made(self, key: str, reply: Mapping[str, object]) -> StepResult:
        certificate_id, pem = str(reply.get("certificateId")), str(reply.get("certificatePem"))
        if certified_key(pem) is None or not _CERTIFICATE_ID.fullmatch(certificate_id):
            raise TransientError(UNREADABLE, "the answer has no certificate")
        trouble = _trouble(key, certificate_id, pem)
        if trouble is not None:
            return trouble
        self._keeper.keep(key, certificate_id, pem)
        self._table.learn(key, certificate_id)
        return DoneStep(note=certificate_id)

    def _deliver(self, key: str, found: FoundCertificate) -> None:
        is_ours = _trouble(key, found.certificate_id, found.pem) is None
        if is_ours and not self._keeper.has(key, found.certificate_id):
            self._keeper.keep(key, found.certificate_id, found.pem)


def _trouble(key: str, certificate_id: str, pem: str) -> AttentionStep | None:
    """Why the certificate ``pem``, called ``certificate_id``, is not the one of the request.

    Its id is the SHA-256 of its DER: under another one, what is attached and deleted later would
    not be this certificate.
    """
    if certified_key(pem) != key:
        return AttentionStep(
            f"the certificate {certificate_id} that was made has another public key than the "
            "request: nothing was attached to it; look at it, and delete it"
        )
    (leaf,) = read_certificate_file(pem.encode())
    if leaf.sha256 == certificate_id:
        return None
    return AttentionStep(
        f"the certificate {leaf.sha256} (SHA-256 of its DER) came under the id {certificate_id}, "
        "expected the same: it was not kept and nothing was attached to it; look at both, and "
        "delete them"
    )


def _resolved(value: object, certificate_id: str, place: Place) -> object:
    if not isinstance(value, IssuedReference):
        return value
    return place.certificate_arn(certificate_id) if value.is_arn else certificate_id
