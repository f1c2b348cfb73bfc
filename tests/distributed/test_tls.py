"""A cluster that demands certificates, with dask's own settings, and who comes without one."""

from pathlib import Path

import pytest

from tests.cli.processes import environment, start
from tests.distributed.authority import one_certificate, security, settings
from tests.distributed.processes import scheduler, workers
from tests.judging import MANIFESTS, MICROCHIP_TRUST

pytestmark = pytest.mark.slow


def test_only_who_has_a_certificate_gets_in(tmp_path: Path):
    one_certificate(tmp_path)
    env = environment(**settings(tmp_path))
    command = ("verify", str(MANIFESTS), *MICROCHIP_TRUST, "--format", "csv", "--dask")
    with scheduler(tmp_path, env=env) as running:
        assert running.address.startswith("tls://")
        with workers(running, 1, env, security(tmp_path)):
            done = start(*command, running.address, env=env)
            assert done.returncode == 1, done.stderr
            assert done.stdout.count(b"\n") > 100
            without = start(*command, running.address)
            plain = start(*command, running.address.replace("tls:", "tcp:"))
            other = {**env, "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(tmp_path / "none.pem")}
            unusable = start(*command, running.address, env=other)
    for refused, message in (
        (without, b"wants a certificate, and dask's configuration names none"),
        (plain, b"no scheduler answers at tcp:"),
        (unusable, b"the certificates for tls:"),
    ):
        assert (refused.returncode, refused.stdout) == (3, b"")
        assert message in refused.stderr
        assert b"Traceback" not in refused.stderr
