"""Settings: ``tng.toml`` < environment ``TNG_*`` < flags, as frozen values.

This room reads and merges; what a target's settings mean is the business of its
cloud's adapter. Secrets have no place here and are refused.
"""

from tng.config.loading import load_settings
from tng.config.settings import RunSettings, Settings, TargetTable, TrustSettings

__all__ = ["RunSettings", "Settings", "TargetTable", "TrustSettings", "load_settings"]
