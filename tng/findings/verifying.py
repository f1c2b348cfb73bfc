"""placeholder."""

VERIFYING = ()
