"""Every setting there is, in the order in which they are shown.

To add one, write it here: its variable, its place in `kagzi.toml`, its line in `kagzi-dsl config` and in
docs/operations.md follow. Durations are in milliseconds; a setting whose key ends in `_secs` is in seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kagzi_dsl import payload
from kagzi_dsl.config import kinds
from kagzi_dsl.config.setting import Setting
from kagzi_dsl.retry import DEFAULT, Retry

DB_URL: Setting[str | None] = Setting(
    key="db_url",
    kind=kinds.URL,
    default=None,
    meaning="The PostgreSQL to use.",
    flag="--db",
    otherwise="the embedded one",
)
HOME: Setting[Path | None] = Setting(
    key="home",
    kind=kinds.PATH,
    default=None,
    meaning="Where the embedded database lives.",
    otherwise="your data folder",
)
NAMESPACE = Setting(
    key="namespace", kind=kinds.TEXT, default="default", meaning="The namespace of runs.", flag="--namespace"
)
POOLER = Setting(
    key="pooler",
    kind=kinds.TRUTH,
    default=False,
    meaning="The database is behind PgBouncer in transaction mode.",
    flag="--pooler",
)
POLL_ONLY = Setting(
    key="poll_only",
    kind=kinds.TRUTH,
    default=False,
    meaning="Do without LISTEN and NOTIFY: look for work at every poll only.",
    flag="--poll-only",
)
POOL_SIZE = Setting(
    key="pool_size",
    kind=kinds.whole(2, 1_000),
    default=4,
    meaning="Connections of a process, beside the one for commits and the one that listens.",
)
QUEUES: Setting[tuple[str, ...]] = Setting(
    key="queues", kind=kinds.TEXTS, default=("default",), meaning="The queues a worker works for.", flag="--queue"
)
CONCURRENCY = Setting(
    key="concurrency",
    kind=kinds.whole(1),
    default=1_000,
    meaning="How many runs a worker has at once, at most, and how many tasks of other queues' runs.",
    flag="--concurrency",
)
LEASE = Setting(
    key="lease",
    kind=kinds.duration("1s", "1d"),
    default=30_000,
    meaning="How long a process that fell silent keeps its runs.",
    flag="--lease",
)
POLL_INTERVAL = Setting(
    key="poll_interval",
    kind=kinds.duration("10ms", "1h"),
    default=1_000,
    meaning="How often the database is asked for work when nobody tells of any.",
    flag="--poll-interval",
)
DRAIN = Setting(
    key="drain",
    kind=kinds.duration(),
    default=30_000,
    meaning="How long a worker that is told to stop waits for what runs.",
    flag="--drain",
)
HEALTH_PORT: Setting[int | None] = Setting(
    key="health_port",
    kind=kinds.whole(0, 65_535),
    default=None,
    meaning="Where a worker answers /healthz and /readyz.",
    flag="--health-port",
    otherwise="nowhere",
)
HEALTH_HOST = Setting(
    key="health_host",
    kind=kinds.TEXT,
    default="127.0.0.1",
    meaning="The address that answers; 0.0.0.0 for probes from other machines.",
    flag="--health-host",
)
PAYLOAD_LIMIT = Setting(
    key="payload.limit",
    kind=kinds.whole(1_000, 200_000_000),
    default=payload.LIMIT_BYTES,
    meaning="How many bytes of JSON an input, an output or a signal may have.",
)
PAYLOAD_WARN = Setting(
    key="payload.warn",
    kind=kinds.whole(1_000),
    default=payload.WARN_BYTES,
    meaning="From how many bytes on a warning is logged.",
)
RETRY_MAX_ATTEMPTS: Setting[int | None] = Setting(
    key="retry.max_attempts",
    kind=kinds.whole(1),
    default=None,
    meaning="Attempts of an activity in all, where neither document nor decorator says.",
    flag="--retry",
    otherwise=str(DEFAULT.max_attempts),
)
RETRY_INITIAL_INTERVAL: Setting[int | None] = Setting(
    key="retry.initial_interval",
    kind=kinds.duration(),
    default=None,
    meaning="The pause after the first attempt.",
    flag="--retry",
    otherwise="1s",
)
RETRY_BACKOFF_COEFFICIENT: Setting[float | None] = Setting(
    key="retry.backoff_coefficient",
    kind=kinds.number(1),
    default=None,
    meaning="By what each pause is longer than the one before.",
    flag="--retry",
    otherwise="2",
)
RETRY_MAX_INTERVAL: Setting[int | None] = Setting(
    key="retry.max_interval",
    kind=kinds.duration(),
    default=None,
    meaning="The longest pause.",
    flag="--retry",
    otherwise="1m",
)
RETRY_MAX_ELAPSED: Setting[int | None] = Setting(
    key="retry.max_elapsed",
    kind=kinds.duration(),
    default=None,
    meaning="How long after the first attempt the last one may begin.",
    flag="--retry",
    otherwise="any time",
)
RETRY_NON_RETRYABLE_ERRORS: Setting[tuple[str, ...] | None] = Setting(
    key="retry.non_retryable_errors",
    kind=kinds.TEXTS,
    default=None,
    meaning="Codes and types of failures that are not tried again.",
    flag="--retry",
    otherwise="none",
)
SCHEDULER_INTERVAL_SECS = Setting(
    key="scheduler.interval_secs",
    kind=kinds.number(0.05, unit="seconds"),
    default=5.0,
    meaning="How often a worker looks whether schedules were changed.",
)
SCHEDULER_BATCH_SIZE = Setting(
    key="scheduler.batch_size",
    kind=kinds.whole(1, 10_000),
    default=100,
    meaning="How many schedules one look takes, at most.",
)
SCHEDULER_MAX_WORKFLOWS_PER_TICK = Setting(
    key="scheduler.max_workflows_per_tick",
    kind=kinds.whole(1, 100_000),
    default=1_000,
    meaning="How many runs one look starts, at most.",
)
RETENTION: Setting[int | None] = Setting(
    key="retention",
    kind=kinds.duration(),
    default=None,
    meaning="A worker forgets runs that ended so long ago.",
    flag="--retention",
    otherwise="keep them all",
)
LOG_LEVEL = Setting(
    key="log.level",
    kind=kinds.choice("debug", "info", "warning", "error"),
    default="info",
    meaning="From which level on log records are written.",
    flag="--log-level",
)
LOG_FORMAT = Setting(
    key="log.format",
    kind=kinds.choice("auto", "text", "json"),
    default="auto",
    meaning="How log records are written; `auto` is `text` on a terminal and `json` elsewhere.",
    flag="--log-format",
)

SETTINGS: tuple[Setting[Any], ...] = tuple(value for value in globals().values() if isinstance(value, Setting))
"""All of them."""

BY_KEY = {setting.key: setting for setting in SETTINGS}
"""Each by its key."""

RETRY = {key.partition(".")[2]: setting for key, setting in BY_KEY.items() if key.startswith("retry.")}
"""The settings of the worker's retry policy by the names of its fields (kagzi_dsl.retry.Retry)."""

assert set(RETRY) == set(Retry.__dataclass_fields__), "the retry settings are the fields of a retry policy"
