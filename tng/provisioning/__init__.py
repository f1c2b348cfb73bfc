"""AWS fleet provisioning by CSR: a claim certificate gets devices certificates of their own.

The conversation over MQTT, what its rejections mean, and the ledger of what was asked. It opens no
connection itself (`tng.device`), reads no requests (`tng.csr`) and prints nothing. Source: AWS IoT
developer guide, "Device provisioning MQTT API".
"""
