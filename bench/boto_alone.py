"""What boto3 alone takes of a registration: the limit of what one process registers in AWS."""

import time

import botocore.session
from botocore.config import Config

from bench.inputs import Inputs
from bench.iot_answers import IotQuota
from bench.iot_service import IotProcess
from bench.verifying import verified_devices
from tng.x509.pem import to_pem


def boto_cpu_per_call(service: IotProcess, inputs: Inputs, devices: int) -> float:
    """Seconds of CPU a RegisterCertificateWithoutCA, one after another; nothing is looked at.

    The user agent is given whole, as `tng.clouds.aws.sessions` does.
    """
    service.empty(IotQuota())
    session = botocore.session.Session()
    session.set_credentials("BENCH", "bench")
    client = session.create_client(
        "iot",
        region_name="eu-bench-1",
        endpoint_url=service.url,
        config=Config(retries={"total_max_attempts": 1}, user_agent="bench"),
    )
    first, *texts = [to_pem(device.leaf.der) for device in verified_devices(inputs, devices)]
    # The first call makes what all share: the connection, the model's serializers.
    client.register_certificate_without_ca(certificatePem=first, status="ACTIVE")
    began = time.process_time()
    for text in texts:
        client.register_certificate_without_ca(certificatePem=text, status="ACTIVE")
    return (time.process_time() - began) / len(texts)
