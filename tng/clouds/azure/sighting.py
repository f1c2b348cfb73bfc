"""What a device has made of its enrollment: the registration state, which only a GET tells."""

from tng.clouds.azure.api import DpsApi
from tng.clouds.azure.enrollment import mapping, text
from tng.clouds.azure.failures import NotFoundError, clean
from tng.clouds.azure.rates import GET
from tng.clouds.interface import Caller, Sighting, Standing

_STANDINGS = {standing.value: standing for standing in Standing if standing != Standing.GONE}


def sighting(api: DpsApi, caller: Caller, registration_id: str) -> Sighting:
    """Look at one device; raises `CloudError` siblings.

    A disabled enrollment is `Standing.DISABLED`, whatever its device did before.
    """
    try:
        document = caller(GET, lambda: api.get(registration_id))
    except NotFoundError:
        return Sighting(Standing.GONE)
    state = mapping(document.get("registrationState"))
    standing = _STANDINGS.get(text(state.get("status")).lower(), Standing.UNASSIGNED)
    if text(document.get("provisioningStatus")).lower() == "disabled":
        standing = Standing.DISABLED
    return Sighting(
        standing=standing,
        place=clean(text(state.get("assignedHub"))),
        device_id=clean(text(state.get("deviceId"))),
        updated_at=clean(text(state.get("lastUpdatedDateTimeUtc"))),
        message=clean(text(state.get("errorMessage"))),
    )
