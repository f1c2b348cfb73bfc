"""The trust store: what is pinned, looked up by key (a name only selects candidates)."""

from collections import defaultdict

from tng.trust.added import added_material
from tng.trust.anchor import Anchor, Role, TrustMaterial
from tng.trust.builtin import built_in_material
from tng.x509.certificate import Certificate
from tng.x509.names import ORGANIZATIONAL_UNIT, Name

__all__ = ["TrustStore", "added_material", "built_in_material"]


class TrustStore:
    """An immutable index over trust material; the first mention of a key wins.

    Built-in material comes first, so that adding a file can never take away a built-in
    revocation or rename a built-in anchor. An added certificate of a known signer that
    is not trusted by itself makes it trusted.
    """

    def __init__(self, *materials: TrustMaterial) -> None:
        self.anchors = _merge(materials)
        self._by_id = {anchor.id: anchor for anchor in self.anchors}
        self._signers = {
            (anchor.key_id, anchor.thumbprint): anchor
            for anchor in self.anchors
            if anchor.role is Role.MANIFEST_SIGNER and anchor.trusted
        }
        self._authorities: dict[frozenset[tuple[str, str]], list[Anchor]] = defaultdict(list)
        for anchor in self.anchors:
            if anchor.role is not Role.MANIFEST_SIGNER and anchor.trusted:
                self._authorities[anchor.subject].append(anchor)
        self._intermediates: dict[bytes, list[Certificate]] = defaultdict(list)
        for material in materials:
            for certificate in material.intermediates:
                self._intermediates[certificate.subject.der].append(certificate)
        self._revoked_names = {
            name.common_name: name.statement for m in materials for name in m.revoked_names
        }
        self._revoked_keys = {a.public_key.spki: a.revoked for a in self.anchors if a.revoked}
        self._demo_units = {
            demo.organizational_unit: demo.reason for m in materials for demo in m.demo_authorities
        }

    def signer(self, key_id: str, thumbprint: str) -> Anchor | None:
        """The pinned manifest signer with this ``kid`` *and* this ``x5t#S256``."""
        return self._signers.get((key_id, thumbprint))

    def known_signer(self, key_id: str) -> Anchor | None:
        """A signer with this ``kid`` that is known, trusted or not: to explain, not to trust."""
        return next((a for a in self.anchors if a.key_id == key_id), None)

    def authorities(self, name: Name) -> tuple[Anchor, ...]:
        """Trusted roots and intermediates called ``name``: candidates, to be tried by key."""
        return tuple(self._authorities.get(frozenset(name.attributes), ()))

    def intermediates(self, name: Name) -> tuple[Certificate, ...]:
        """Certificates that the user supplied for this issuer; trusted only under an anchor."""
        return tuple(self._intermediates.get(name.der, ()))

    def above(self, anchor: Anchor) -> tuple[Anchor, ...]:
        """The anchor's own issuers, upwards, as far as the package knows them."""
        path: list[Anchor] = []
        while anchor.issuer_id is not None:
            anchor = self._by_id[anchor.issuer_id]
            path.append(anchor)
        return tuple(path)

    def revoked_name(self, name: Name) -> str | None:
        """The vendor's statement if an issuer of this name was revoked."""
        return self._revoked_names.get(name.common_name or "")

    def revoked_key(self, spki: bytes) -> str | None:
        """The vendor's statement if this issuer key was revoked."""
        return self._revoked_keys.get(spki)

    def demo_authority(self, name: Name) -> str | None:
        """Why an issuer of this name vouches for nothing, if it is a demonstration CA."""
        return self._demo_units.get(name.get(ORGANIZATIONAL_UNIT) or "")

    def find(self, anchor_id: str) -> Anchor | None:
        """The anchor with this id or with this SHA-256 fingerprint."""
        wanted = anchor_id.lower().replace(":", "")
        return self._by_id.get(anchor_id) or next(
            (a for a in self.anchors if a.certificate_sha256 == wanted), None
        )


def _merge(materials: tuple[TrustMaterial, ...]) -> tuple[Anchor, ...]:
    merged: dict[tuple[bool, str], Anchor] = {}
    for material in materials:
        for anchor in material.anchors:
            key = (anchor.role is Role.MANIFEST_SIGNER, anchor.certificate_sha256)
            if key not in merged or not merged[key].trusted:
                merged[key] = anchor
    return tuple(merged.values())
