"""A stand-in for Azure's Device Provisioning Service: service API, management API, devices."""
