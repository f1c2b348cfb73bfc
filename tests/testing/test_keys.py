import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tng.testing import der_writer as der
from tng.testing.keys import rsa_key, seeded_key, seeded_point
from tng.testing.primes import is_probable_prime, search, seeded_prime


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_keys_follow_from_seed_and_label(curve):
    key = seeded_key("seed", "label", curve)
    assert key.spki == seeded_key("seed", "label", curve).spki
    assert key.spki != seeded_key("seed", "other", curve).spki
    assert key.spki != seeded_key("other", "label", curve).spki


def test_signatures_are_the_same_every_time():
    key = seeded_key("seed", "label")
    assert key.sign(b"data") == key.sign(b"data")
    assert len(key.sign_raw(b"data")) == 64


def test_a_point_is_the_public_key_of_the_same_label():
    assert seeded_key("seed", "label").spki.endswith(seeded_point("seed", "label"))


@pytest.mark.parametrize(
    ("label", "bits"),
    [("nxp/root-r406", 4096), ("nxp/intermediate-r406", 4096), ("nxp/cloud-rsa", 4096)]
    + [(f"nxp/leaf-{number}", 2048) for number in range(4)],
)
def test_rsa_keys_are_sound(label, bits):
    private = rsa_key(label, bits).private
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == bits
    # This constructor runs OpenSSL's check of the key, primality of both factors included.
    checked = private.private_numbers().private_key()
    signature = rsa_key(label, bits).sign(b"data")
    checked.public_key().verify(signature, b"data", padding.PKCS1v15(), hashes.SHA256())


def test_an_unknown_label_is_searched_for():
    prime = seeded_prime("another label", 256, 65537)
    assert prime == seeded_prime("another label", 256, 65537)
    assert prime.bit_length() == 256
    assert is_probable_prime(prime)


def test_the_search_ends_at_the_next_prime():
    start = 300_000_021
    found = start + search(start, 65537)
    divisible = [
        any(number % divisor == 0 for divisor in range(3, 17_321, 2))
        for number in range(start, found + 1, 2)
    ]
    assert divisible == [True] * (len(divisible) - 1) + [False]


@pytest.mark.parametrize("number", [561, 1_373_653, 25_326_001, 3_215_031_751])
def test_pseudoprimes_are_not_taken_for_primes(number):
    assert not is_probable_prime(number)


def test_ecdsa_identifier_has_null_only_when_asked():
    key = seeded_key("seed", "label")
    assert not key.algorithm_identifier().endswith(der.NULL)
    assert key.algorithm_identifier(null_parameters=True).endswith(der.NULL)
