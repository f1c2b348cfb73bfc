"""MQTT over TLS, as the sandbox's clouds speak it with devices: packets, handshake, connections."""
