"""How large a file of orders may be, so that no file can exhaust memory or time.

A million chips with a serial number each are about 40 MB of CSV.
"""

MEBIBYTE = 1024 * 1024
MAX_FILE_BYTES = 64 * MEBIBYTE

MAX_ROWS = 1_048_576
"""What a sheet of Excel holds (Microsoft, "Excel specifications and limits")."""
MAX_COLUMNS = 1_000
MAX_CELL_CHARACTERS = 131_072
"""The limit of Python's own csv module; Excel's is a quarter of it."""

MAX_LINE_CHARACTERS = MEBIBYTE
MAX_LINES_OF_A_ROW = 10_000
"""A quoted cell of CSV may hold line breaks, one serial number a line."""

MAX_EXPANDED_BYTES = 256 * MEBIBYTE
MAX_PARTS = 1_000
"""Files within an XLSX."""
MAX_GRID_CELLS = 8 * MAX_ROWS
"""From a sheet's first row and column to its last used ones, empty cells included."""
MAX_SHEET_CHARACTERS = 256 * MEBIBYTE
"""Of all text cells of a sheet, those that share their text counted each."""

MAX_JSON_BRACKETS = 2_000_000
MAX_JSON_COMMAS = 10_000_000

HEADER_WITHIN = 20
"""The header is looked for in the first rows that are not blank; titles may stand above it."""

MAX_SERIAL_DIGITS = 64
MAX_RANGE = 1 << 40
"""Numbers in a range. Microchip's serial numbers of a reel lie far apart."""
MAX_QUANTITY = 1_000_000_000
