"""The store in PostgreSQL, 14 or newer.

A run that is not over has a row in the hot table `queue`; what is known of its start, and how it ended, lies in the
cold table `runs`. The row in the queue is the run's lock: claiming, committing, sending and ending take it first,
always in order of run ids, and read what it guards in a later statement (under READ COMMITTED each statement sees what
was committed before it began). Its `fence` tells a late writer from the owner.

What workers write can be repeated when an answer got lost with the connection: entries are known by (run, seq), leaving
by the fence that stays behind, claims and messages by a key the row keeps. So a commit is sent again until the database
answers. Of what cannot be repeated, the fate of its transaction is asked for (lending.py).

All SQL lies in ../sql; every statement there names what it is for.
"""

from kagzi_dsl.runtime.store.postgres.migrate import migrate, pending_migrations
from kagzi_dsl.runtime.store.postgres.store import PostgresStore, open_postgres

__all__ = ["PostgresStore", "migrate", "open_postgres", "pending_migrations"]
