"""Canary secrets taken through every path there is, and then looked for wherever something is kept or told."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from faults import forked
from faults.conftest import Fault
from faults.forked import Command

from kagzi_dsl.runtime.embedded.program import environment, program

ACTIVITIES = """
import asyncio, json, logging, base64, urllib.parse
from kagzi_dsl import ActivityContext, ActivityError, activity

@activity
def fine(token: str) -> int:
    return len(token)

@activity
def returned(token: str) -> str:
    return token

@activity
def returned_inside(token: str) -> dict:
    return {"list": [{"header": f"Bearer {token}"}], token: 1}

@activity
def returned_in_base64(token: str) -> str:
    return base64.b64encode(b"user:" + token.encode()).decode()

@activity
def raised(token: str) -> None:
    raise RuntimeError(f"cannot log in with {token!r}")

@activity
def raised_in_json(token: str) -> None:
    raise ValueError(json.dumps({"token": token}))

@activity
def raised_in_a_url(token: str) -> None:
    raise OSError("https://example.org/?token=" + urllib.parse.quote_plus(token))

@activity
def refused(token: str) -> None:
    details = {"sent": {"token": [token]}, token: 1}
    raise ActivityError("refused " + token, code="Conflict", type="Refused", details=details)

@activity
def caused(token: str) -> None:
    try:
        raise KeyError(token)
    except KeyError as error:
        raise RuntimeError("with a cause") from error

@activity
def asserted(token: str) -> None:
    local = token
    assert local == "another", local

@activity
async def logged(token: str, context: ActivityContext) -> None:
    context.logger.warning("logging in with %s", token)
    context.logger.info(f"and {token}", extra={"token": token})
    try:
        raise RuntimeError(token)
    except RuntimeError:
        context.logger.exception("failed")

@activity
async def slow(token: str) -> None:
    await asyncio.sleep(60)

@activity(at_most_once=True)
def once(token: str) -> None:
    raise RuntimeError("once " + token)

@activity
def typed(token: int) -> None:
    pass
"""
PATHS = (
    "fine", "returned", "returned_inside", "returned_in_base64", "raised", "raised_in_json", "raised_in_a_url",
    "refused", "caused", "asserted", "logged", "once", "typed",
)  # fmt: skip
FLOWS: Mapping[str, str] = {
    **{path: f"{{activity: {path}, with: {{token: '${{ secrets.CANARY }}'}}}}" for path in PATHS},
    "in text": "{activity: raised, with: {token: 'Bearer ${ secrets.CANARY }'}}",
    "in a function": "{activity: raised, with: {token: \"${ format('<{}>', secrets.CANARY) }\"}}",
    "a timeout": "{activity: slow, timeout: 50ms, with: {token: '${ secrets.CANARY }'}}",
    "a wrong argument": "{activity: fine, with: {token: '${ secrets.CANARY }', more: '${ secrets.CANARY }'}}",
    "a compensation": (
        "{saga: [{id: a, activity: fine, with: {token: '${ secrets.CANARY }'}, compensate:"
        " {activity: raised, with: {token: '${ secrets.CANARY }'}}}, {fail: {code: Conflict, message: no}}]}"
    ),
    "caught": (
        "{try: {id: a, activity: raised, with: {token: '${ secrets.CANARY }'}},"
        " catch: [{do: {set: '${ error.message }'}}]}"
    ),
    "a header": (
        "{activity: http.request, with: {url: 'http://127.0.0.1:9/', timeout: 1s,"
        " headers: {authorization: 'Bearer ${ secrets.CANARY }'}}}"
    ),
}
ENDS = {**dict.fromkeys(FLOWS, 1), "fine": 0, "logged": 0, "caught": 0, "a wrong argument": 2}
"""The exit status of each: so that none ends before it has come to what it is about."""
MASKED = {
    "raised", "raised_in_json", "raised_in_a_url", "refused", "caused", "asserted", "logged", "once", "typed",
    "in text", "in a function", "a compensation", "caught",
}  # fmt: skip
"""Where the secret would be told if it were not masked."""
LOOKS = (["show"], ["show", "--json"], ["history"], ["history", "--json"])


def forms(canary: str) -> Iterator[bytes]:
    """What a secret may look like where it is found."""
    yield canary.encode()
    yield json.dumps(canary)[1:-1].encode()
    yield json.dumps(json.dumps(canary))[3:-3].encode()
    yield repr(canary)[1:-1].encode()
    yield quote(canary, safe="").encode()
    yield quote_plus(canary).encode()
    for lead in (b"", b"u", b"us"):
        # Less the ends, which hang on what stands beside it.
        yield base64.b64encode(lead + canary.encode())[4:-4]


@pytest.fixture
def canary(fault: Fault) -> str:
    """A secret with what is escaped on the way somewhere."""
    return f"canary/\"{fault.chance().getrandbits(64):x}' +ü%\\{fault.chance(2).getrandbits(64):x}"


def test_a_secret_is_found_nowhere(fault: Fault, canary: str, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    places: dict[str, bytes] = {}

    def type(*words: str) -> int:
        trail = tmp_path / f"{len(places)}"
        secret = {"KAGZI_DB_URL": database_url, "KAGZI_SECRET_CANARY": canary, "NO_COLOR": "1"}
        gone = forked.run(Command(words, tmp_path, trail, secret, watched=False))
        places[" ".join(words)] = (gone.out + gone.err).encode()
        return gone.status

    for number, (name, node) in enumerate(FLOWS.items()):
        file = f"f{number}.yaml"
        (tmp_path / file).write_text(
            f"workflow: f{number}\ndefaults: {{retry: {{max_attempts: 2, initial_interval: 10ms}}}}\nseq:\n  - {node}\n"
        )
        words = ("--debug", "run", file, "--id", f"r{number}", "--json")
        assert type(*words) == ENDS[name], name
        assert (b"***" in places[" ".join(words)]) is (name in MASKED), name
        for words in LOOKS if fault.long or number % 4 == 0 else LOOKS[1:2]:
            type(*words, f"r{number}")
    type("list", "--json")
    type("run", "f0.yaml", "--db", f"postgresql://someone:{quote(canary, safe='')}@127.0.0.1:9/none")
    dumped = subprocess.run([program("pg_dump"), database_url], env=environment(), capture_output=True, check=True)
    places["every table"] = dumped.stdout
    assert b"fine" in dumped.stdout
    for place, text in places.items():
        for form in forms(canary):
            assert form not in text, (place, form)
    assert b"***" in places["every table"]
    fault.tell(
        "canary", "A secret that goes through every path (arguments, outputs, errors, logs, headers, compensations) is "
        "found nowhere: in no table, no line that is told, no output.",
        case="places", held=len(places), of=len(places), paths=len(FLOWS), forms=len({*forms(canary)}),
        bytes_searched=sum(map(len, places.values())),
    )  # fmt: skip
