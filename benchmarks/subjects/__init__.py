"""One file a benchmark: an async function `measure(stage, …)` that gives its figures by name."""
