"""Rates as people read them. Pure."""


def figure(rate: float) -> str:
    """``rate`` with the digits that mean something: three of them, or all before the point."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
