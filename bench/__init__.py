"""Speed, memory and start-up as ratios to a limit measured in the same run.

Run with ``make bench`` or ``python -m bench``. Timings are no tests: machines differ and are
noisy, so each figure is a median of several runs and stands beside its limit.
"""
