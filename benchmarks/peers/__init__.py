"""Other engines, measured in the same run; each lives in a folder of its own (`python -m benchmarks.peers install`)."""
