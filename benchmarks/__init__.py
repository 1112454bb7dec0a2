"""Benchmarks: figures anyone can reproduce, printed as ratios of one run on one machine."""
