"""kagzi-dsl: durable workflows as YAML. What `__all__` lists is promised; everything else may change.

Names are loaded when they are first used, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kagzi_dsl.activities.context import ActivityContext as ActivityContext
    from kagzi_dsl.activities.context import current_context as current_context
    from kagzi_dsl.activities.decorator import activity as activity
    from kagzi_dsl.activities.registry import Registry as Registry
    from kagzi_dsl.errors import ActivityError as ActivityError
    from kagzi_dsl.errors import AlreadyExists as AlreadyExists
    from kagzi_dsl.errors import BadInputs as BadInputs
    from kagzi_dsl.errors import Code as Code
    from kagzi_dsl.errors import DocumentError as DocumentError
    from kagzi_dsl.errors import Failure as Failure
    from kagzi_dsl.errors import InputError as InputError
    from kagzi_dsl.errors import KagziError as KagziError
    from kagzi_dsl.errors import RunConflict as RunConflict
    from kagzi_dsl.errors import RunNotFound as RunNotFound
    from kagzi_dsl.retry import Retry as Retry
    from kagzi_dsl.runtime.client import Client as Client
    from kagzi_dsl.runtime.opening import connect as connect
    from kagzi_dsl.runtime.scheduler import Scheduler as Scheduler
    from kagzi_dsl.runtime.scheduler import SchedulerOptions as SchedulerOptions
    from kagzi_dsl.runtime.store.records import RunFilter as RunFilter
    from kagzi_dsl.runtime.worker import Worker as Worker
    from kagzi_dsl.runtime.worker import WorkerOptions as WorkerOptions

_HOMES = {
    "ActivityContext": "kagzi_dsl.activities.context",
    "ActivityError": "kagzi_dsl.errors",
    "AlreadyExists": "kagzi_dsl.errors",
    "BadInputs": "kagzi_dsl.errors",
    "Client": "kagzi_dsl.runtime.client",
    "Code": "kagzi_dsl.errors",
    "DocumentError": "kagzi_dsl.errors",
    "Failure": "kagzi_dsl.errors",
    "InputError": "kagzi_dsl.errors",
    "KagziError": "kagzi_dsl.errors",
    "Registry": "kagzi_dsl.activities.registry",
    "Retry": "kagzi_dsl.retry",
    "RunConflict": "kagzi_dsl.errors",
    "RunFilter": "kagzi_dsl.runtime.store.records",
    "RunNotFound": "kagzi_dsl.errors",
    "Scheduler": "kagzi_dsl.runtime.scheduler",
    "SchedulerOptions": "kagzi_dsl.runtime.scheduler",
    "Worker": "kagzi_dsl.runtime.worker",
    "WorkerOptions": "kagzi_dsl.runtime.worker",
    "activity": "kagzi_dsl.activities.decorator",
    "connect": "kagzi_dsl.runtime.opening",
    "current_context": "kagzi_dsl.activities.context",
}

__all__ = [
    "ActivityContext",
    "ActivityError",
    "AlreadyExists",
    "BadInputs",
    "Client",
    "Code",
    "DocumentError",
    "Failure",
    "InputError",
    "KagziError",
    "Registry",
    "Retry",
    "RunConflict",
    "RunFilter",
    "RunNotFound",
    "Scheduler",
    "SchedulerOptions",
    "Worker",
    "WorkerOptions",
    "__version__",
    "activity",
    "connect",
    "current_context",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'kagzi_dsl' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
