"""How long the tests wait for what must come."""

from __future__ import annotations

PATIENCE = 180.0
"""Seconds. Far more than anything takes on a machine that is merely busy: what has not come by then never will."""
