"""One call to one AWS service: by operation name, with every exception converted."""

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.client import BaseClient

from tng.clouds.aws.failures import CONVERTED, converted


class AwsApi:
    """The calls of one service client. Safe to be used by several threads."""

    def __init__(self, client: BaseClient) -> None:
        self._client = client

    def call(self, operation: str, request: Mapping[str, object]) -> Mapping[str, Any]:
        """Make the call once and return the reply; raises a `CloudError` sibling.

        The reply's values are botocore's own, hence ``Any``.
        """
        method = getattr(self._client, xform_name(operation))
        try:
            reply: Mapping[str, Any] = method(**request)
        except CONVERTED as error:
            raise converted(operation, error) from error
        return reply
