from datetime import UTC, datetime

import pytest
from asn1crypto import core

from tng.testing import der_writer as der


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, 65537, 2**64, 2**2047])
def test_integers(value):
    assert der.integer(value) == core.Integer(value).dump()


@pytest.mark.parametrize("oid", ["1.2.840.10045.4.3.2", "2.5.29.19", "1.3.6.1.4.1.99999.1"])
def test_object_identifiers(oid):
    assert der.object_identifier(oid) == core.ObjectIdentifier(oid).dump()


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths(length):
    content = b"x" * length
    assert der.octet_string(content) == core.OctetString(content).dump()


def test_strings_and_times():
    moment = datetime(2049, 12, 31, 23, 59, 58, tzinfo=UTC)
    assert der.utf8_string("Größe") == core.UTF8String("Größe").dump()
    assert der.utc_time(moment) == core.UTCTime(moment).dump()
    assert der.generalized_time(moment) == core.GeneralizedTime(moment).dump()


def test_certificate_times_change_their_type_in_2050():
    assert der.certificate_time(datetime(2049, 12, 31, tzinfo=UTC))[0] == 0x17
    assert der.certificate_time(datetime(2050, 1, 1, tzinfo=UTC))[0] == 0x18


def test_a_printable_string_is_written_with_an_underscore():
    assert core.PrintableString.load(der.printable_string("eui48_0")).native == "eui48_0"
