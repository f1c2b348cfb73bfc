"""Orders: what was bought, read from a table or JSON that the buyer's side made.

Knows nothing of devices: `tng.audit` compares.
"""

from tng.orders.model import OrderLine, SerialRange

__all__ = ["OrderLine", "SerialRange"]
