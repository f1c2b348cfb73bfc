"""From named sources to a stream of decoded or judged devices, in input order.

`Scan` is the front door. One process opens and cuts the inputs into shares (`shares`), the
shares are worked on wherever there are cores (`working`; `tng.parallel` spreads them), and the
results come back in order, with duplicates found and everything counted (`collecting`).
"""

from tng.scan.front import Scan

__all__ = ["Scan"]
