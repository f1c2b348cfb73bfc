"""Sessions and clients: whose credentials, which region, which limits of time.

Credentials come from the SDK's own chain only; none is read, stored or logged here.
"""

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

import botocore
import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from tng import __version__
from tng.clouds.aws.settings import AwsSettings
from tng.errors import ConfigurationError, TargetError

CONNECT_TIMEOUT, READ_TIMEOUT = 5, 15
"""Seconds; the SDK's own 60 would stall a thread for a minute on one lost packet."""

_USER_AGENT = f"tng/{__version__} Botocore/{botocore.__version__}"
"""Given whole: put together by the SDK anew for each call, it is a sixth of the call's CPU time
(``python -m bench.quota``)."""


class AwsSessions:
    """Makes clients. Sessions of one profile are shared, and their data by all of them.

    A session costs 90 ms and 13.5 MB, a further client of it 3 ms and 0.85 MB. Making clients
    is not thread-safe in the SDK, hence the lock; the clients themselves are.
    """

    def __init__(self, threads: int) -> None:
        self._sessions: dict[tuple[str | None, str | None, str | None], Session] = {}
        self._lock = Lock()
        self._config = Config(
            retries={"total_max_attempts": 1},
            max_pool_connections=max(threads, 10),
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            user_agent=_USER_AGENT,
        )

    def region(self, settings: AwsSettings) -> str:
        """The target's region: configured, or else the profile's own.

        Makes no call. Raises `ConfigurationError` where nobody says one, `TargetError` for a
        profile that cannot be used.
        """
        if settings.region:
            return settings.region
        with self._lock:
            region = _or_refuse(
                lambda: self._session(settings.profile).get_config_variable("region")
            )
        if not isinstance(region, str):
            whose = f"target {settings.name!r}" if settings.name else "the target"
            raise ConfigurationError(
                f"{whose} has no region, and the AWS configuration has none either",
                "Add --region, or region = … to the target, or set AWS_DEFAULT_REGION.",
            )
        return region

    def client(self, settings: AwsSettings, service: str, region: str) -> BaseClient:
        """A client of ``service`` for the target; raises `TargetError`."""
        with self._lock:
            client: BaseClient = _or_refuse(lambda: self._client(settings, service, region))
        return client

    def _client(self, settings: AwsSettings, service: str, region: str) -> BaseClient:
        session = self._session(settings.profile)
        if settings.role_arn is not None:
            session = self._assumed(session, settings, region)
        return self._make(session, service, settings.endpoint_url, region)

    def _make(
        self, session: Session, service: str, endpoint: str | None, region: str
    ) -> BaseClient:
        client: BaseClient = session.create_client(
            service, region_name=region, endpoint_url=endpoint, config=self._config
        )
        return client

    def _session(self, profile: str | None) -> Session:
        key = (profile, None, None)
        if key not in self._sessions:
            self._sessions[key] = self._new(profile)
        return self._sessions[key]

    def _new(self, profile: str | None) -> Session:
        session = botocore.session.Session(profile=profile)
        if self._sessions:
            first = next(iter(self._sessions.values()))
            session.register_component("data_loader", first.get_component("data_loader"))
        return session

    def _assumed(self, base: Session, settings: AwsSettings, region: str) -> Session:
        key = (settings.profile, settings.role_arn, f"{region} {settings.endpoint_url}")
        if key not in self._sessions:
            session = self._new(settings.profile)
            provider = _RoleProvider(base, settings, region, self._config)
            session.register_component("credential_provider", CredentialResolver([provider]))
            self._sessions[key] = session
        return self._sessions[key]


class _RoleProvider(CredentialProvider):
    """Credentials of an assumed role that renew themselves: long runs outlive the hour."""

    METHOD = "assume-role"

    def __init__(self, base: Session, settings: AwsSettings, region: str, config: Config) -> None:
        super().__init__()
        self._base = base
        self._settings = settings
        self._make_client: Callable[..., Any] = partial(
            base.create_client,
            region_name=region,
            endpoint_url=settings.endpoint_url,
            config=config,
        )

    def load(self) -> Credentials | None:
        """Called by the SDK once a client is made; the role is assumed at the first call."""
        source = self._base.get_credentials()
        if source is None:
            return None
        fetcher = AssumeRoleCredentialFetcher(
            self._make_client,
            source,
            str(self._settings.role_arn),
            extra_args={"RoleSessionName": "tng"},
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)


def _or_refuse(action: Callable[[], Any]) -> Any:  # noqa: ANN401 - returns what botocore does
    try:
        return action()
    except (BotoCoreError, ValueError) as error:
        raise TargetError(
            f"the AWS session cannot be made: {error}",
            "Check the profile, the region, the endpoint URL and the AWS configuration files.",
        ) from error
