"""A workflow's digest: the SHA-256 of its canonical form, by which a run is held to the definition it was started with.

Keys are written in the order `canonical` gives them: sorted, but for the branches of `parallel` and `race`, whose order
is part of what a workflow means. Every reader of JSON that matters here (orjson, PostgreSQL's `json`) keeps the order.
"""

from __future__ import annotations

from kagzi_dsl import payload
from kagzi_dsl.dsl.canonical import canonical
from kagzi_dsl.dsl.model import Workflow

__all__ = ["canonical", "canonical_text", "digest"]


def canonical_text(workflow: Workflow) -> str:
    """The canonical form as compact JSON text. Raises PayloadError for what JSON cannot hold."""
    return payload.dumps(canonical(workflow))


def digest(workflow: Workflow) -> str:
    """The SHA-256 of the canonical text in UTF-8, in hex."""
    import hashlib  # not to check a document: it loads OpenSSL

    return hashlib.sha256(canonical_text(workflow).encode()).hexdigest()
