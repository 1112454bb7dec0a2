"""The store in memory: everything in dictionaries of one process, for tests, for simulations and for reading.

What a store has to do is decided here, the plainest way. It serves one event loop; no method gives way to another task,
so each is a transaction by itself. store.py has every method of the protocol; what they do is in the other files, by
subject.
"""

from kagzi_dsl.runtime.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
