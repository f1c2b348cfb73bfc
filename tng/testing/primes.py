"""Primes for the RSA keys of the test vendor, found from a label.

A search starts at a number hashed from the label; how far from it the prime lies is
known for the labels of the vendor's own hierarchy, so that they cost nothing. These
are not secret numbers.
"""

from hashlib import shake_256

_KNOWN_OFFSETS: dict[tuple[str, int], int] = {
    ("nxp/root-r406/p", 2048): 678,
    ("nxp/root-r406/q", 2048): 992,
    ("nxp/intermediate-r406/p", 2048): 136,
    ("nxp/intermediate-r406/q", 2048): 868,
    ("nxp/cloud-rsa/p", 2048): 3894,
    ("nxp/cloud-rsa/q", 2048): 474,
    ("nxp/leaf-0/p", 1024): 884,
    ("nxp/leaf-0/q", 1024): 388,
    ("nxp/leaf-1/p", 1024): 510,
    ("nxp/leaf-1/q", 1024): 514,
    ("nxp/leaf-2/p", 1024): 328,
    ("nxp/leaf-2/q", 1024): 512,
    ("nxp/leaf-3/p", 1024): 846,
    ("nxp/leaf-3/q", 1024): 1480,
}
"""(label, bits) → distance of the prime from the start of its search; a test proves them."""

_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def _small_primes(limit: int) -> tuple[int, ...]:
    sieve = bytearray([1]) * limit
    for number in range(2, int(limit**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(sieve[number * number :: number]))
    return tuple(number for number in range(2, limit) if sieve[number])


_SMALL_PRIMES = _small_primes(10_000)


def seeded_prime(label: str, bits: int, exponent: int) -> int:
    """The prime of that name with exactly ``bits`` bits, usable with the RSA ``exponent``."""
    start = _start(label, bits)
    known = _KNOWN_OFFSETS.get((label, bits))
    return start + (known if known is not None else search(start, exponent))


def search(start: int, exponent: int) -> int:
    """Distance from the odd ``start`` to the next prime p with gcd(p - 1, exponent) = 1."""
    residues = [(prime, start % prime) for prime in _SMALL_PRIMES[1:]]
    offset = 0
    while True:
        if all((residue + offset) % prime for prime, residue in residues):
            candidate = start + offset
            if (candidate - 1) % exponent and is_probable_prime(candidate):
                return offset
        offset += 2


def is_probable_prime(number: int) -> bool:
    """Miller-Rabin with fixed bases: good for numbers that nobody chose in order to deceive."""
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    odd = (number - 1) >> twos
    return all(_passes(number, base, odd, twos) for base in _WITNESSES)


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def _start(label: str, bits: int) -> int:
    hashed = int.from_bytes(shake_256(label.encode()).digest(bits // 8), "big")
    # The two upper bits make the product of two such primes have exactly twice the bits.
    return hashed | 0b11 << (bits - 2) | 1
