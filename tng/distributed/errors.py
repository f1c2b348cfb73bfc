"""What can go wrong with a cluster, in our words."""

from tng.errors import TngError


class ClusterError(TngError):
    """The cluster cannot be used, or cannot be used any longer."""


class WorkersDiedError(Exception):
    """Worker after worker died while it had a task; ``deaths`` of them.

    Never leaves this room: it becomes `tng.parallel.Lost` if the task was to blame.
    """

    def __init__(self, deaths: int) -> None:
        self.deaths = deaths
        super().__init__(f"{deaths} workers died")
