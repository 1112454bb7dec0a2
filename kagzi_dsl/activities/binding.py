"""From the JSON a node gives to the keywords a function takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kagzi_dsl.activities.definition import Definition
from kagzi_dsl.activities.failing import cleaned
from kagzi_dsl.activities.parameters import Keyword
from kagzi_dsl.errors import Code, Failure, PayloadError
from kagzi_dsl.payload import Json, dumps

if TYPE_CHECKING:
    from pydantic_core import ValidationError

    from kagzi_dsl.activities.context import ActivityContext
    from kagzi_dsl.activities.secrets import Secrets

_SHOWN = 80
_MOST_PROBLEMS = 5
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an argument. `argument` may lead inside it (`items[0].price`); `given` is what came."""

    argument: str
    message: str
    given: Any = _NOTHING


class ArgumentsRefused(Exception):
    """Arguments do not fit an activity."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


def bind(definition: Definition, arguments: Json, context: ActivityContext) -> dict[str, Any]:
    """The keywords to call the function with: read by type hints, sharing nothing with `arguments`, contexts filled in.

    Raises ArgumentsRefused with every problem there is. What a validator of the user's own raises, but for ValueError
    and AssertionError, comes through as it is.
    """
    given = {} if arguments is None else arguments
    if type(given) is not dict:
        raise ArgumentsRefused([Problem("", f"takes its arguments as an object by name, not as {_kind(given)}")])
    bound: dict[str, Any] = {}
    problems: list[Problem] = []
    keywords, others = definition.keywords, definition.others
    for name, value in given.items():
        keyword = keywords.get(name) or others
        if keyword is None or name in definition.contexts:
            problems.append(_unknown(definition, name))
        else:
            _read(keyword, name, value, bound, problems)
    problems += [Problem(name, f"needs the argument {name}") for name in definition.required if name not in given]
    if problems:
        raise ArgumentsRefused(problems)
    for name in definition.contexts:
        bound[name] = context
    return bound


def refusal(definition: Definition, problems: list[Problem], secrets: Secrets) -> Failure:
    """The failure (InvalidArgument) that tells of `problems`; no value of a secret is in it."""
    shown = [_told(problem, secrets) for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        shown.append(f"and {len(problems) - _MOST_PROBLEMS} more")
    details = [{"argument": p.argument, "message": secrets.scrub(p.message)} for p in problems[:_MOST_PROBLEMS]]
    message = cleaned(f"{definition.name} {'; '.join(shown)}", secrets)
    return Failure.of(Code.INVALID_ARGUMENT, message, details=details)


def _read(keyword: Keyword, name: str, value: Json, bound: dict[str, Any], problems: list[Problem]) -> None:
    try:
        bound[name] = keyword.read(_copied(value))
    except PayloadError as error:
        problems.append(Problem(name, f"cannot take its argument {name}: {error}"))
    except ValueError as error:
        # pydantic is imported by now if the error is its own, and need not be if it is not.
        details = getattr(error, "errors", None)
        if details is None:
            raise
        problems.extend(_misfits(name, error))  # type: ignore[arg-type]


def _misfits(name: str, error: ValidationError) -> list[Problem]:
    """pydantic's errors about one argument, in our words."""
    problems = []
    for found in error.errors(include_url=False, include_context=False):
        place = name + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"])
        wanted = found["msg"][:1].lower() + found["msg"][1:]
        given = _NOTHING if found["type"] == "missing" else found["input"]
        problems.append(Problem(place, f"cannot take its argument {place}: {wanted}", given))
    return problems


def _told(problem: Problem, secrets: Secrets) -> str:
    message = secrets.scrub(problem.message)
    if problem.given is _NOTHING:
        return message
    # Scrubbed before it is cut: half a secret would not be found.
    text = dumps(secrets.scrub_json(problem.given))
    return f"{message}, got {text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}"


def _unknown(definition: Definition, name: str) -> Problem:
    from difflib import get_close_matches  # only for those who mistype

    names = list(definition.keywords)
    close = get_close_matches(name, names, n=1)
    takes = f"it takes {', '.join(names)}" if names else "it takes none"
    return Problem(name, f"has no argument {name}; {f'did you mean {close[0]}?' if close else takes}")


def _copied(value: Json) -> Json:
    """`value`, its lists and objects anew, so that no activity can change what a run holds."""
    kind = type(value)
    if kind is dict:
        return {key: _copied(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_copied(item) for item in value]
    return value


def _kind(value: Json) -> str:
    match value:
        case list():
            return "a list"
        case str():
            return "a string"
        case bool():
            return "a boolean"
        case _:
            return "a number"
