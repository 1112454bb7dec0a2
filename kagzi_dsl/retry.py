"""How often and how soon something is tried again.

A policy is put together from several places, the nearest to the node winning field by field: the node's `retry`, the
activity's decorator, the document's `defaults`, the worker, and these built-in values.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from kagzi_dsl.errors import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A retry policy, every field optional; times in milliseconds.

    `max_attempts` counts all attempts, the first one too. The delay before attempt n+1 is `initial_interval ×
    backoff_coefficient^(n-1)`, at most `max_interval`, spread by ±10 %. No attempt starts later than `max_elapsed`
    after the first one started. `non_retryable_errors` match a failure's code or type.
    """

    max_attempts: int | None = None
    initial_interval: int | None = None
    backoff_coefficient: float | None = None
    max_interval: int | None = None
    max_elapsed: int | None = None
    non_retryable_errors: tuple[str, ...] | None = None

    def over(self, weaker: Retry) -> Retry:
        """This policy, its missing fields taken from `weaker`."""
        return Retry(
            **{
                f.name: mine if (mine := getattr(self, f.name)) is not None else getattr(weaker, f.name)
                for f in fields(self)
            }
        )


DEFAULT = Retry(
    max_attempts=3, initial_interval=1_000, backoff_coefficient=2.0, max_interval=60_000, non_retryable_errors=()
)
"""What holds where nothing else is said."""


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """What a decision to retry rests on: which attempt failed, and when the first one started and this one ended
    (ms).
    """

    path: str
    run_id: str
    attempt: int
    first_started_at: int
    ended_at: int
    retry_after: int | None = field(default=None)


def next_attempt_at(policy: Retry, failure: Failure, facts: AttemptFacts) -> int | None:
    """When (ms since the epoch) the next attempt is due, or None when there is none.

    Deterministic: the jitter is hashed from run, path and attempt, so that deciding twice says the same.
    """
    policy = policy.over(DEFAULT)
    if not failure.retryable or failure.matches(policy.non_retryable_errors or ()):
        return None
    if policy.max_attempts is not None and facts.attempt >= policy.max_attempts:
        return None
    due = facts.ended_at + delay(policy, facts)
    if policy.max_elapsed is not None and due > facts.first_started_at + policy.max_elapsed:
        return None
    return due


def delay(policy: Retry, facts: AttemptFacts) -> int:
    """The pause (ms) after a failed attempt; what the activity asked for wins over the policy."""
    if facts.retry_after is not None:
        return max(0, facts.retry_after)
    policy = policy.over(DEFAULT)
    assert policy.initial_interval is not None
    assert policy.backoff_coefficient is not None
    ceiling = policy.max_interval if policy.max_interval is not None else 2**62
    exponent = min(facts.attempt - 1, 64)
    pause = min(float(ceiling), policy.initial_interval * policy.backoff_coefficient**exponent)
    return round(pause * (0.9 + 0.2 * _spread(facts)))


def _spread(facts: AttemptFacts) -> float:
    """A number in [0, 1) that belongs to this attempt alone."""
    import hashlib  # not to read a policy: it loads OpenSSL

    digest = hashlib.sha256(f"{facts.run_id}\0{facts.path}\0{facts.attempt}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
