"""Benchmarks: figures anyone can reproduce, printed as ratios of one run on one machine.

`python -m benchmarks` measures. `catalogue.py` lists what there is, `subjects/` holds one file a benchmark, `harness/`
what they share.
"""
