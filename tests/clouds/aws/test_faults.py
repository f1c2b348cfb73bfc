"""What AWS alone refuses, and what that means; the rest is in ``tests/clouds/conformance``."""

import pytest

from tests.planned_devices import verified
from tng.clouds.interface import (
    RefusedError,
    TargetUnusableError,
    TransientError,
)
from tng.plan.models import Step
from tng.sandbox.preparation import POLICY_NAME


def test_an_unknown_policy_is_refused_for_good(cloud_of, settings, iot):
    cloud = cloud_of(settings)
    device = verified(31)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    register, attach = cloud.steps(plan)
    cloud.perform(register)
    iot.delete_policy(policyName=POLICY_NAME)
    with pytest.raises(RefusedError):
        cloud.perform(attach)


def test_a_request_that_the_service_model_forbids_is_refused(cloud_of, settings):
    with pytest.raises(RefusedError, match="ParamValidationError"):
        cloud_of(settings).perform(Step("AttachPolicy", POLICY_NAME, {"policyName": 7}))


def test_a_delete_right_after_a_detach_is_tried_again(cloud_of, settings, iot):
    cloud = cloud_of(settings)
    device = verified(32)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    cloud.perform(cloud.steps(plan)[0])
    with pytest.raises(TransientError):
        cloud.perform(Step("DeleteCertificate", "", {"certificateId": plan.key}))


def test_expired_credentials_end_the_target(tmp_path):
    from botocore.exceptions import ClientError

    from tng.clouds.aws.failures import converted

    for code in ("ExpiredTokenException", "AccessDeniedException", "UnrecognizedClientException"):
        reply = {"Error": {"Code": code, "Message": "no"}}
        error = converted("AttachPolicy", ClientError(reply, "AttachPolicy"))
        assert isinstance(error, TargetUnusableError)


def test_the_eleventh_policy_is_refused_for_good_although_it_looks_like_a_throttle():
    from botocore.exceptions import ClientError

    from tng.clouds.aws.failures import converted

    reply = {
        "Error": {"Code": "LimitExceededException", "Message": "limit"},
        "ResponseMetadata": {"HTTPStatusCode": 410},
    }
    error = converted("AttachPolicy", ClientError(reply, "AttachPolicy"))
    assert type(error) is RefusedError


def test_a_message_cannot_carry_the_signed_request_or_break_the_terminal():
    from botocore.exceptions import ClientError

    from tng.clouds.aws.failures import converted

    signature = {"Error": {"Code": "SignatureDoesNotMatch", "Message": "token: s3cret"}}
    assert "s3cret" not in str(converted("AttachPolicy", ClientError(signature, "AttachPolicy")))
    hostile = {"Error": {"Code": "InvalidRequestException", "Message": "\x1b[2J\n" + "x" * 9999}}
    message = converted("AttachPolicy", ClientError(hostile, "AttachPolicy")).message
    assert message.isprintable()
    assert len(message) <= 300
