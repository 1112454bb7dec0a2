"""A bare loop beside the runtime: what a machine gives to whoever makes steps durable, with nothing around it."""
