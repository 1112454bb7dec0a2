"""The peers, in the versions their adapters were written for."""

from __future__ import annotations

from benchmarks.peers.home import Peer

CHECK_JSONSCHEMA = Peer("check-jsonschema", ("check-jsonschema==0.39.0",))
DBOS = Peer("dbos", ("dbos==3.4.0", "psycopg[binary]==3.3.9"))
ABSURD = Peer("absurd", ("absurd-sdk==0.5.1", "absurdctl==0.5.1", "psycopg[binary]==3.3.9"))
OPENWORKFLOW = Peer("openworkflow", ("openworkflow@0.10.1", "postgres@3.4.9"), node=True)

PEERS = {peer.name: peer for peer in (DBOS, ABSURD, OPENWORKFLOW, CHECK_JSONSCHEMA)}
