"""Spreading a scan over the machines of a dask cluster.

Big inputs are cut where they can be read, and their parts are read where they are worked on;
everything else is cut here and sent. Who coordinates takes the results in order, so that a report
is the same bytes as one made on this machine alone. Nothing here judges, counts or writes, and
nothing but this room knows dask.
"""

from tng.distributed.connecting import LOCAL, connected
from tng.distributed.errors import ClusterError

__all__ = ["LOCAL", "ClusterError", "connected"]
