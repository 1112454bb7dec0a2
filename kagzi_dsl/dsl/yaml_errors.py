"""What a person should read when a text is not YAML.

A YAML parser says what it expected; here its words and the text around the place are turned into what the author most
likely did. The words are those of libyaml and of PyYAML's own parser, which differ a little; both are matched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from yaml import MarkedYAMLError

from kagzi_dsl.dsl.diagnostic import Diagnostic, Related
from kagzi_dsl.dsl.span import span_at
from kagzi_dsl.dsl.yaml_core import quoted

_WINDOW = 500  # characters of a line that are looked at, so that one long line costs nothing
_CLOSERS = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A parser's complaint: its words, the text, and the offsets of the place and of what it was reading."""

    words: str
    text: str
    at: int
    since: int | None

    @property
    def before(self) -> str:
        """The part of the line before the place."""
        start = max(self.text.rfind("\n", 0, self.at) + 1, self.at - _WINDOW)
        return self.text[start : self.at]

    @property
    def after(self) -> str:
        """The rest of the line, the place's own character first."""
        return self.text[self.at : self.at + _WINDOW].partition("\n")[0]

    @property
    def opener(self) -> str:
        """The character at which the thing starts that was being read."""
        return "" if self.since is None else self.text[self.since : self.since + 1]


@dataclass(frozen=True, slots=True)
class _Told:
    """A complaint in plain words; `at` and `length` say what to underline."""

    message: str
    at: int
    length: int = 1
    hint: str | None = None
    related: tuple[Related, ...] = ()


def explain(error: MarkedYAMLError, text: str, file: str, *, code: str = "yaml-syntax") -> Diagnostic:
    """The one diagnostic of a text that cannot be parsed."""
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(text)) if mark else 0
    since = error.context_mark.index if error.context_mark else None
    trouble = _Trouble(f"{error.context or ''}: {error.problem or 'not readable'}", text, at, since)
    told = _Told(f"{error.problem}", at, hint=error.note) if code != "yaml-syntax" else _tell(trouble)
    span = span_at(text, told.at, told.length)
    return Diagnostic(code, "error", told.message, (), span, told.hint, _in_file(told.related, file), file)


def _tell(trouble: _Trouble) -> _Told:
    for words, tell in _TELLERS:
        if words.search(trouble.words):
            told = tell(trouble)
            if told is not None:
                return told
    return _Told(f"this is not valid YAML: {trouble.words.removeprefix(': ')}", trouble.at)


def _in_file(related: tuple[Related, ...], file: str) -> tuple[Related, ...]:
    return tuple(Related(one.message, one.span, file) for one in related)


def _bad_start(trouble: _Trouble) -> _Told:
    character = trouble.text[trouble.at : trouble.at + 1]
    if character == "\t":
        hint = "indent with spaces, two for each level"
        return _Told("a tab stands here, and YAML is indented with spaces", trouble.at, hint=hint)
    value = _value_of(trouble.before, trouble.after)
    return _unquoted(value, trouble.at)


def _unclosed_quote(trouble: _Trouble) -> _Told | None:
    if trouble.since is None:
        return None
    hint = (
        "inside '…' an apostrophe is written twice: ''"
        if trouble.opener == "'"
        else 'inside "…" a quote is written \\"'
    )
    return _Told(f"the quote {trouble.opener} opened here is never closed", trouble.since, hint=hint)


def _bad_escape(trouble: _Trouble) -> _Told:
    start = trouble.text.rfind("\\", max(0, trouble.at - 12), trouble.at + 1)
    start = start if start >= 0 else trouble.at
    escape = re.match(r"\\(?:[xuU][0-9a-fA-F]{0,8}|[^\n]?)", trouble.text[start : start + 12])
    written = escape[0] if escape else "\\"
    if re.match(r"\\u[dD][89a-fA-F]", written):
        hint = "write the character itself, or \\U and its eight digits"
        return _Told(f"`{written}` is half of a surrogate pair, and no character", start, len(written), hint)
    hint = "write \\\\ for a backslash, or put the text in single quotes, where a backslash is a backslash"
    return _Told(f"`{written}` is not an escape of YAML", start, len(written), hint)


def _stray_colon(trouble: _Trouble) -> _Told:
    inline = re.match(r"(?P<lead>\s*(?:- +)*)(?P<key>[^\s:][^:]*?): +(?P<value>\S.*)?$", trouble.before)
    if inline and inline["value"]:
        value = _without_comment(inline["value"] + trouble.after)
        start = trouble.at - len(inline["value"])
        message = f"the value of `{inline['key']}` holds a colon and a space, so it must be in quotes"
        return _Told(message, start, len(value), f"write {inline['key']}: {quoted(value)}")
    return _line_above(trouble) or _Told("a colon is not expected here", trouble.at)


def _line_above(trouble: _Trouble) -> _Told | None:
    """The complaint about a key's colon that the line above explains."""
    line_start = trouble.text.rfind("\n", 0, trouble.at) + 1
    above = re.search(r"([^\n]*\S[^\n]*)\n\s*$", trouble.text[max(0, line_start - _WINDOW) : line_start])
    if above is None:
        return None
    start = max(0, line_start - _WINDOW) + above.start(1)
    missing = _missing_space(above[1], start)
    if missing:
        return missing
    indent = len(trouble.before) - len(trouble.before.lstrip())
    if indent > len(above[1]) - len(above[1].lstrip()):
        message = "this line is indented deeper than the one above, which has a value already"
        return _Told(
            message, line_start + indent, _length(trouble.before.strip()), "give both lines the same indentation"
        )
    word = above[1].strip()
    message = f"`{_shortened(word)}` is neither a list item nor a key with a colon"
    at = start + len(above[1]) - len(above[1].lstrip())
    return _Told(message, at, len(word), "after a key stand a colon and a space")


def _missing_space(line: str, start: int) -> _Told | None:
    found = re.match(r"\s*(?:- +)*(?P<key>[\w.-]+):(?P<value>[^\s/].*)?$", line)
    if not found or not found["value"]:
        return None
    message = f"a space is missing after the colon of `{found['key']}`"
    return _Told(message, start + found.end("key"), 1, f"write {found['key']}: {_without_comment(found['value'])}")


def _no_colon(trouble: _Trouble) -> _Told | None:
    if trouble.since is None:
        return None
    line = trouble.text[trouble.since : trouble.since + _WINDOW].partition("\n")[0]
    missing = _missing_space(line, trouble.since)
    if missing:
        return missing
    message = f"`{_shortened(line.strip())}` is neither a list item nor a key with a colon"
    return _Told(message, trouble.since, _length(line.strip()), "after a key stand a colon and a space")


def _flow(trouble: _Trouble) -> _Told | None:
    closer = _CLOSERS.get(trouble.opener)
    if trouble.since is None or closer is None:
        return None
    if trouble.after.startswith("{") and trouble.before.endswith("$"):
        expression = "$" + _balanced(trouble.after)
        message = f"inside {trouble.opener} {closer} an expression must be in quotes"
        return _Told(message, trouble.at - 1, len(expression), f"write {quoted(expression)}")
    other_line = "\n" in trouble.text[trouble.since : trouble.at]
    if not trouble.after or (other_line and trouble.after.startswith((":", "-"))) or trouble.at >= len(trouble.text):
        return _Told(f"the {trouble.opener} opened here is never closed with {closer}", trouble.since)
    if trouble.after[0] in "]}":
        opened = Related(f"{trouble.opener} is opened here", span_at(trouble.text, trouble.since))
        return _Told(f"`{trouble.after[0]}` closes what `{trouble.opener}` opened", trouble.at, related=(opened,))
    message = f"a comma or {closer} is missing before this"
    return _Told(message, trouble.at, hint="text with a colon, a comma or a bracket in it must be in quotes")


def _unexpected(trouble: _Trouble) -> _Told:
    before = trouble.before.rstrip()
    if before.endswith(('"', "'")):
        return _after_quote(trouble, before[-1])
    if trouble.after.startswith(":"):
        return _Told("a key is missing before this colon", trouble.at)
    if not before.strip(" -"):
        message = "the indentation of this line fits nothing above it"
        hint = "keys of one mapping, and items of one list, start in the same column"
        return _Told(message, trouble.at, _length(trouble.after), hint)
    return _Told("this is not expected here", trouble.at, _length(_without_comment(trouble.after)))


def _after_quote(trouble: _Trouble, quote: str) -> _Told:
    rest = _without_comment(trouble.after)
    if trouble.before.count(quote) % 2:
        message = f"text stands after a closing {quote}, so the quote before it may be one too many or too few"
        return _Told(message, trouble.at, _length(rest))
    whole = trouble.before[trouble.before.index(quote) :] + rest
    message = "text stands after the closing quote"
    return _Told(message, trouble.at, _length(rest), f"put all of it in quotes: {quoted(whole)}")


def _not_an_item(trouble: _Trouble) -> _Told:
    if trouble.before.strip():
        return _unexpected(trouble)
    message = "this line stands where a list goes on, and does not start with `- `"
    return _Told(message, trouble.at, _length(trouble.after), "indent it further, or less, or start it with `- `")


def _inline_list(trouble: _Trouble) -> _Told:
    hint = 'start the list on the next line; a text that starts with "- " must be in quotes'
    return _Told("a list cannot start on the line of its key", trouble.at, hint=hint)


def _block_header(trouble: _Trouble) -> _Told:
    sign = trouble.opener or "|"
    hint = f"start the text on the next line; a value that starts with {sign} must be in quotes"
    return _Told(f"after {sign} the line must end", trouble.at, _length(trouble.after), hint)


def _bad_name(trouble: _Trouble) -> _Told | None:
    if trouble.since is None:
        return None
    line_start = trouble.text.rfind("\n", 0, trouble.since) + 1
    tag = re.search(r"(?:^|\s)(![^\n]*)$", trouble.text[line_start : trouble.since])
    start = line_start + tag.start(1) if tag else trouble.since
    return _unquoted(_without_comment(trouble.text[start : start + _WINDOW].partition("\n")[0]), start)


def _unquoted(value: str, at: int) -> _Told:
    sign = "a backtick" if value.startswith("`") else f"`{value[:1]}`"
    return _Told(
        f"text without quotes cannot start with {sign}", at, _length(value), f"put it in quotes: {quoted(value)}"
    )


def _second_root(trouble: _Trouble) -> _Told:
    if "\n%" in trouble.text[max(0, trouble.at - _WINDOW) : trouble.at]:
        return _directive(trouble)
    if trouble.before.strip():
        return _Told("the document ended before this", trouble.at, _length(trouble.after))
    message = "this line is indented less than the first one, so the document ended before it"
    return _Told(message, trouble.at, _length(trouble.after), "start every key of the workflow in the first column")


def _stray(trouble: _Trouble) -> _Told:
    written = trouble.text[trouble.at : trouble.at + 1]
    if not trouble.text[trouble.at :].strip():
        return _Told("the file ends where a value should be", trouble.at, hint="a { or [ before it may not be closed")
    if not written.strip():
        return _Told("a value is missing here", trouble.at)
    return _Told(f"`{written}` is not expected here", trouble.at, hint=f"as text it must be in quotes: '{written}'")


def _directive(trouble: _Trouble) -> _Told:
    start = trouble.text.rfind("\n", 0, trouble.at) + 1
    return _Told(
        "a line that starts with % is not part of a workflow", start, hint="remove it, or put the value in quotes"
    )


_Teller = Callable[[_Trouble], _Told | None]
_TELLERS: tuple[tuple[re.Pattern[str], _Teller], ...] = tuple(
    (re.compile(words), tell)
    for words, tell in (
        (r"cannot start any token|tab character", _bad_start),
        (r"directive", _directive),
        (r"quoted scalar.*(?:end of stream|document)", _unclosed_quote),
        (r"quoted scalar|escape", _bad_escape),
        (r"mapping values are not allowed", _stray_colon),
        (r"could not find expected ':'", _no_colon),
        (r"flow (?:mapping|sequence)", _flow),
        (r"'-' indicator|block collection", _not_an_item),
        (r"entries are not allowed", _inline_list),
        (r"block scalar", _block_header),
        (r"anchor|alias", _bad_name),
        (r"<document start>", _second_root),
        (r"node content", _stray),
        (r"block mapping|expected key", _unexpected),
    )
)


def _value_of(before: str, after: str) -> str:
    """The value at the start of `after`, up to a comment, or to the next bracket or comma in flow style."""
    value = _without_comment(after)
    opened = sum(before.count(character) for character in "{[") - sum(before.count(character) for character in "}]")
    return re.split(r"[,\]}]", value)[0].rstrip() if opened > 0 else value


def _balanced(text: str) -> str:
    """`text` up to the brace that closes its first one."""
    depth = 0
    for length, character in enumerate(text, 1):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[:length]
    return text


def _without_comment(text: str) -> str:
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()


def _length(text: str) -> int:
    return max(1, len(text.rstrip()))


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
