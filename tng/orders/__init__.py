"""Orders: what was bought, read from a table or JSON that the buyer's side made.

Knows nothing of devices: `tng.audit` compares. `reading` is the front door.
"""

from tng.orders.model import OrderBook, OrderLine, SerialRange, line_names
from tng.orders.problems import OrderFileError
from tng.orders.reading import read_order_books, read_orders

__all__ = [
    "OrderBook",
    "OrderFileError",
    "OrderLine",
    "SerialRange",
    "line_names",
    "read_order_books",
    "read_orders",
]
