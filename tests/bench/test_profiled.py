"""The profile of one core: all of its time is told, what takes most by name."""

import pytest

from bench.profiled import FURTHER, FURTHER_SHARE, measure_profile, profile_rows
from tests.planned_devices import leaf
from tng.x509.certificate import read_certificate

DEVICES = 50


def read_many():
    for _ in range(DEVICES):
        read_certificate(leaf(1).der)


def test_the_shares_are_those_of_the_whole_and_functions_have_their_places():
    leaf(1)
    figures = measure_profile(read_many, DEVICES)
    shares = [value for name, value in figures.items() if name.startswith("profile_share ")]
    assert sum(shares) + figures[FURTHER_SHARE] == pytest.approx(1.0)
    assert figures["profile_calls tng/x509/certificate.py: _assemble"] == 1.0
    rows = list(profile_rows(figures))
    assert len(rows) == len(shares) + 1
    listed = [float(share.rstrip("%")) for _, _, share in rows[:-1]]
    assert listed == sorted(listed, reverse=True)
    assert rows[-1][0].startswith(f"{figures[FURTHER]:,.0f} others, each ")
