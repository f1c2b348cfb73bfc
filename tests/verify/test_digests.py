"""The memory of digests: a dictionary could not tell more, whatever collides."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tng.verify.digests import DigestStore

_DIGESTS = st.binary(min_size=1, max_size=2)
_HASHES = st.sampled_from([hash, len, lambda digest: digest[0], lambda _: 2**63 - 1])


@given(st.lists(st.lists(_DIGESTS, min_size=1, max_size=8), max_size=12), _HASHES)
@settings(max_examples=300, deadline=None)
def test_it_remembers_what_a_dictionary_does(batches: list[list[bytes]], hash_of):
    expected: dict[bytes, tuple[bytes, int, bytes]] = {}
    place = 0
    with DigestStore(hash_of) as store:
        for batch in batches:
            rows = [(digest, place + number, b"c") for number, digest in enumerate(batch)]
            place += len(batch)
            all_new = len({*batch}) == len(batch) and not expected.keys() & {*batch}
            added = store.add_all_new(rows)
            # Different digests of one hash may be refused; the same digest always is.
            assert all_new or not added
            assert added or hash_of is not hash or not all_new
            for row in rows:
                assert added or store.get(row[0]) == expected.get(row[0])
                store.add(row)
                expected.setdefault(row[0], row)
        for digest, row in expected.items():
            assert store.get(digest) == row
        assert store.get(b"none") is None
