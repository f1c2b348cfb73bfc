"""The factory bench: devices at a serial port get a certificate for their request, one by one.

It knows the port, the protocol (docs/station.md) and an `Issuer`, and no cloud. What is written
to a port is the certificate and nothing that is secret. pyserial is known to `port` alone.
"""
