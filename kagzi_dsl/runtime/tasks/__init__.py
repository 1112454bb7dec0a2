"""Activities of other queues: how the owner of a run hands attempts out, and how a worker of that queue makes them."""
