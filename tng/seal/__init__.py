"""The seal of a report: a statement of what belongs together, and a signature over it.

Making and checking only; it knows no cloud, judges no device and decides about no trust but
that of the one key it is told.
"""
