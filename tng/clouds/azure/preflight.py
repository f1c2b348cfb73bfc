"""Whether a service can be used: where it is, who may write to it, and which hubs it has.

Read-only. Every refusal is a `TargetError` that names the next step.
"""

from dataclasses import dataclass

from tng.clouds.azure.api import DpsApi
from tng.clouds.azure.connection_string import SharedKey
from tng.clouds.azure.discovery import Service, discover, find_key
from tng.clouds.azure.rates import QUERY
from tng.clouds.azure.refusals import refused
from tng.clouds.azure.sessions import AzureSessions
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.interface import Caller, CloudError
from tng.errors import TargetError
from tng.findings import Finding, finding
from tng.plan.view import TargetFacts


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found out: the service's host, its calls, and facts for the report."""

    host: str
    api: DpsApi
    facts: TargetFacts


class Inquiry:
    """One preflight of one target."""

    def __init__(self, settings: AzureSettings, sessions: AzureSessions, caller: Caller) -> None:
        self._settings = settings
        self._sessions = sessions
        self._caller = caller

    def run(self) -> Preflight:
        """Ask everything, in the order in which a mistake is most likely."""
        settings = self._settings
        given = None if settings.auth == "login" else self._sessions.shared_key(settings)
        if settings.dps is None:
            service, host = None, str(settings.dps_host)
            key = self._own_key(given, host)
        else:
            client = self._sessions.management(settings)
            service = discover(client, self._caller, settings)
            host = service.host
            key = self._own_key(given, host)
            self._check_keys(service, key)
            if key is None and settings.auth == "key":
                key = find_key(client, self._caller, settings, host)
        findings = self._check_hubs(service)
        api = DpsApi(self._sessions.service(settings, host, key))
        self._probe(api)
        return Preflight(
            host, api, TargetFacts(_facts(host, service, key), findings, settings.limit)
        )

    def _own_key(self, given: SharedKey | None, host: str) -> SharedKey | None:
        settings = self._settings
        if given is None:
            if settings.auth == "key" and settings.dps is None:
                raise TargetError(
                    f"auth is key, but {settings.connection_string_env} holds no connection string",
                    "Set it, use --auth login, or name the service with --dps to find its keys.",
                )
            return None
        if given.host != host:
            raise TargetError(
                f"the connection string in {settings.connection_string_env} is of another service, "
                f"expected {host}",
                "Give this target's own, in a variable that connection_string_env names; or use "
                "--auth login.",
            )
        return given

    def _check_keys(self, service: Service, key: SharedKey | None) -> None:
        if service.keys_disabled and (key is not None or self._settings.auth == "key"):
            raise TargetError(
                f"{service.host} accepts no keys (disableLocalAuth), expected a login",
                "Use --auth login.",
            )

    def _check_hubs(self, service: Service | None) -> tuple[Finding, ...]:
        wanted = self._settings.iot_hubs
        if not wanted:
            return ()
        if service is None:
            message = f"whether {', '.join(wanted)} is linked is not known without --dps"
            return (finding("hubs-not-checked", message),)
        missing = [hub for hub in wanted if hub not in service.hubs]
        if missing:
            raise TargetError(
                f"{', '.join(missing)} is not linked to {service.host}, "
                f"linked: {', '.join(service.hubs) or 'none'}",
                "Link the hub to the service, or name one that is.",
            )
        return ()

    def _probe(self, api: DpsApi) -> None:
        """One cheap read tells that host, TLS, credentials and permission are right."""
        try:
            self._caller(QUERY, lambda: api.page(1, None))
        except CloudError as error:
            raise refused(QUERY, error) from error


def _facts(
    host: str, service: Service | None, key: SharedKey | None
) -> tuple[tuple[str, str], ...]:
    facts = [("host", host)]
    if service is not None:
        facts += [("id scope", service.id_scope), ("hubs", ", ".join(service.hubs) or "none")]
    facts.append(("auth", "login" if key is None else f"key of {key.policy}"))
    return tuple(facts)
