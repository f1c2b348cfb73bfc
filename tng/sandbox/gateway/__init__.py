"""The device gateway of the local AWS accounts: TLS, MQTT, policies and fleet provisioning."""
