from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import ActivityError, Code


def holding(value: str) -> Secrets:
    secrets = Secrets({"KAGZI_SECRET_KEY": value})
    assert secrets.get("KEY") == value
    return secrets


def test_a_secret_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGZI_SECRET_STRIPE", "sk_live_1")
    assert Secrets().get("STRIPE") == "sk_live_1"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "the secret KEY is not set; set the environment variable KAGZI_SECRET_KEY"),
        ({"KAGZI_SECRET_KEY": ""}, "the secret KEY is empty; set the environment variable KAGZI_SECRET_KEY"),
        ({"KAGZI_SECRET_KEY": "abc"}, "the secret KEY has fewer than 4 characters"),
    ],
)
def test_a_secret_that_cannot_be_had_says_which_variable_to_set(environ: dict[str, str], says: str) -> None:
    with pytest.raises(ActivityError) as caught:
        Secrets(environ).get("KEY")
    assert caught.value.message.startswith(says)
    assert caught.value.code is Code.PRECONDITION_FAILED
    assert not caught.value.retryable
    assert "abc" not in caught.value.message


def test_nothing_is_scrubbed_before_a_secret_was_handed_out() -> None:
    secrets = Secrets({"KAGZI_SECRET_KEY": "hunter22"})
    assert not secrets.handed_out
    assert secrets.scrub("hunter22") == "hunter22"
    assert secrets.scrub_json(["hunter22"]) == ["hunter22"]
    assert secrets.found_in("hunter22") is None


def test_every_secret_is_scrubbed_the_longest_first() -> None:
    secrets = Secrets({"KAGZI_SECRET_A": "hunter", "KAGZI_SECRET_B": "hunter-two"})
    for name in ("A", "B", "A"):
        secrets.get(name)
    assert secrets.scrub("hunter-two and hunter") == "*** and ***"
    assert secrets.found_in("x hunter-two") in ("A", "B")
    assert secrets.found_in("none") is None


def test_values_are_scrubbed_keys_too() -> None:
    secrets = holding("hunter22")
    assert secrets.scrub_json({"hunter22": ["xhunter22", 1, None, {"a": "ok"}]}) == {
        "***": ["x***", 1, None, {"a": "ok"}]
    }


VALUES = st.text(st.characters(exclude_categories=("Cs",)), min_size=4, max_size=30)


@settings(max_examples=60)
@given(value=VALUES, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_no_form_of_a_secret_gets_through(value: str, before: bytes, after: bytes) -> None:
    secrets = holding(value)
    for form in (
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
    ):
        assert secrets.found_in(f"<{form}>") == "KEY"
        assert form not in secrets.scrub(f"<{form}>") or form in "<***>"
    if len(value.encode()) >= 6:
        inside = before + value.encode() + after
        assert secrets.found_in(base64.b64encode(inside).decode()) == "KEY"
        assert secrets.found_in(base64.urlsafe_b64encode(inside).decode()) == "KEY"


def test_a_basic_credential_is_scrubbed() -> None:
    secrets = holding("s3cr3t-pass")
    credential = base64.b64encode(b"user:s3cr3t-pass").decode()
    scrubbed = secrets.scrub(f"authorization: Basic {credential}")
    assert "***" in scrubbed
    assert credential not in scrubbed
