"""Type hints at work: reading a JSON value as one, and describing it as JSON Schema."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from kagzi_dsl.activities.plain import plain
from kagzi_dsl.activities.typeddict import modern
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.payload import Json, encode

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Mode = Literal["validation", "serialization"]


class Typed:
    """A type hint. `owner` says whose it is, as an error message begins. pydantic is asked only where it has to be."""

    __slots__ = ("_adapter", "_hint", "_plain", "owner")

    def __init__(self, hint: Any, owner: str) -> None:
        self.owner = owner
        self._hint = hint
        self._plain = plain(hint)
        self._adapter: TypeAdapter[Any] | None = None

    def read(self, value: Json) -> Any:
        """`value` as the hint wants it, converted as pydantic converts JSON in its lax mode.

        Raises pydantic.ValidationError for a value that does not fit, RegistrationError for a hint pydantic cannot
        handle.
        """
        if self._plain is not None and self._plain.accepts(value):
            return value
        if self._hint is float and type(value) is int:
            return float(value)
        # As JSON rather than as Python, so that a strict model takes a date as text, and gets objects of its own.
        return self.adapter().validate_json(encode(value))

    def schema(self, mode: Mode) -> dict[str, Any]:
        """The JSON Schema of what is read ("validation") or written ("serialization"); {} where none can be told."""
        if self._plain is not None:
            return self._plain.schema
        from pydantic.errors import PydanticInvalidForJsonSchema  # lazily: see plain.py

        try:
            return self.adapter().json_schema(mode=mode)
        except PydanticInvalidForJsonSchema:
            return {}

    def settle(self) -> None:
        """Has pydantic look at the hint now; if it cannot handle it, whoever needs it will hear."""
        if self._plain is None:
            with suppress(RegistrationError):
                self.adapter()

    def adapter(self) -> TypeAdapter[Any]:
        """The hint as pydantic handles it."""
        if self._adapter is None:
            self._adapter = self._build()
        return self._adapter

    def _build(self) -> TypeAdapter[Any]:
        from pydantic import TypeAdapter  # lazily: see plain.py
        from pydantic.errors import PydanticUserError

        try:
            return TypeAdapter(modern(self._hint))
        except (PydanticUserError, NameError, TypeError) as error:
            shown = getattr(self._hint, "__name__", None) or str(self._hint)
            reason = str(error).partition("\n")[0]
            raise RegistrationError(
                f"{self.owner} has the type {shown}, which cannot be read from JSON ({reason}); use a JSON type, "
                "a dataclass, a TypedDict, an Enum or a pydantic model"
            ) from error
