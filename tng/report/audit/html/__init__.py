"""The audit as one self-contained HTML page, which opens from disk and asks nothing of a network.

`write_html` is the whole of it. The page judges nothing: it shows what an `Audit` says.
"""

from tng.report.audit.html.page import write_html

__all__ = ["write_html"]
