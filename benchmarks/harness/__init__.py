"""What benchmarks share: a PostgreSQL, worker processes, a clock, and the form of a figure."""
