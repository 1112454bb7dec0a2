from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.errors import RegistrationError

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Takes away what the tests import."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        if name.startswith("kagzi_activities_") or not name.startswith(("kagzi", "pydantic")):
            del sys.modules[name]


def call(registry: Registry, name: str, **arguments: Any) -> Any:
    definition = registry.get(name)
    assert definition is not None
    result = definition.function(**arguments)
    return asyncio.run(result) if definition.is_async else result


def refused(specs: list[str], base: Path) -> str:
    with pytest.raises(RegistrationError) as caught:
        Registry.load(specs, base)
    return str(caught.value)


ONE = """
    from kagzi_dsl import activity

    @activity
    def charge():
        return "one"
"""


def test_a_file_registers_the_functions_it_defines(write: Write, tmp_path: Path) -> None:
    write("activities.py", ONE)
    registry = Registry.load(["./activities.py"], tmp_path)
    assert call(registry, "charge") == "one"
    assert registry.names() == ("charge", "http.request", "log", "now", "uuid")
    assert "charge" in registry
    assert "refund" not in registry
    assert registry.get("refund") is None
    assert len(registry) == 5


def test_importing_a_module_registers_nothing_for_others(write: Write, tmp_path: Path) -> None:
    write("activities.py", ONE)
    Registry.load(["./activities.py"], tmp_path)
    assert "charge" not in Registry()


def test_functions_imported_into_a_file_are_registered_with_it(write: Write, tmp_path: Path) -> None:
    write("billing.py", ONE)
    write("activities.py", "from billing import charge")
    assert call(Registry.load(["activities.py"], tmp_path), "charge") == "one"


def test_a_folder_means_every_python_file_in_it_and_none_below(write: Write, tmp_path: Path) -> None:
    write("acts/one.py", ONE)
    write("acts/two.py", ONE.replace("charge", "refund"))
    write("acts/deep/three.py", ONE.replace("charge", "ship"))
    registry = Registry.load(["acts/"], tmp_path)
    assert {"charge", "refund"} <= set(registry.names())
    assert "ship" not in registry


def test_a_module_is_imported_by_its_name_from_the_documents_folder(write: Write, tmp_path: Path) -> None:
    write("registry_shop/__init__.py", "")
    write("registry_shop/activities.py", ONE)
    assert call(Registry.load(["registry_shop.activities"], tmp_path), "charge") == "one"


def test_several_files_and_modules_register_together(write: Write, tmp_path: Path) -> None:
    write("registry_mod.py", ONE)
    write("two.py", ONE.replace("charge", "refund"))
    registry = Registry.load(["registry_mod", "./two.py"], tmp_path)
    assert {"charge", "refund"} <= set(registry.names())


def test_the_same_function_may_be_reached_twice(write: Write, tmp_path: Path) -> None:
    write("one.py", ONE + "\n    again = charge\n")
    write("two.py", "from one import charge")
    assert "charge" in Registry.load(["./one.py", "./two.py", "./one.py", "two", "one"], tmp_path)


def test_a_clash_of_names_is_an_error_that_names_both_places(write: Write, tmp_path: Path) -> None:
    write("one.py", ONE)
    write("acts/two.py", ONE)
    message = refused(["./one.py", "./acts/two.py"], tmp_path)
    assert message.startswith("two activities are called charge: one.py:3 and acts/two.py:3; rename one")


def test_a_name_of_a_built_in_activity_is_taken(write: Write, tmp_path: Path) -> None:
    write("activities.py", ONE.replace("charge", "log"))
    assert refused(["activities.py"], tmp_path) == (
        'activities.py:3: log is a built-in activity; give yours another name, as in @activity(name="my.log")'
    )


def test_documents_in_different_folders_do_not_get_each_others_modules(write: Write, tmp_path: Path) -> None:
    source = """
        from kagzi_dsl import activity
        from registry_neighbour import WHO

        @activity
        def who():
            return WHO
    """
    for folder in ("a", "b"):
        write(f"{folder}/activities.py", source)
        write(f"{folder}/registry_neighbour.py", f"WHO = {folder!r}")
    registries = {folder: Registry.load(["./activities.py"], tmp_path / folder) for folder in ("a", "b")}
    assert {folder: call(registry, "who") for folder, registry in registries.items()} == {"a": "a", "b": "b"}
    # The first of a name stays what the rest of the process sees.
    assert sys.modules["registry_neighbour"].WHO == "a"


def test_a_second_document_of_a_folder_gets_that_folders_neighbours_again(write: Write, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(f"{folder}/registry_neighbour.py", f"WHO = [{folder!r}]")
        for name in ("one", "two"):
            write(
                f"{folder}/{name}.py",
                ONE.replace("charge", name).replace('"one"', "registry_neighbour.WHO")
                + "\n    import registry_neighbour\n",
            )
    loaded = [Registry.load([f"{name}.py"], tmp_path / folder) for folder in ("a", "b") for name in ("one", "two")]
    a_one, a_two, b_one, b_two = (
        call(registry, name) for registry, name in zip(loaded, ("one", "two", "one", "two"), strict=True)
    )
    assert a_one is a_two
    assert b_one is b_two
    assert (a_one, b_one) == (["a"], ["b"])


def test_two_documents_of_one_folder_share_its_module(write: Write, tmp_path: Path) -> None:
    write("activities.py", ONE)
    first, second = (Registry.load(["./activities.py"], tmp_path) for _ in range(2))
    assert first.get("charge") is second.get("charge")


def test_a_file_that_a_test_has_imported_is_not_run_again(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("registry_imported.py", ONE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import registry_imported  # type: ignore[import-not-found]

    assert Path(registry_imported.__file__) == path
    definition = Registry.load(["./registry_imported.py"], tmp_path).get("charge")
    assert definition is not None
    assert definition.function is registry_imported.charge


def test_a_neighbour_may_be_imported_inside_a_function(write: Write, tmp_path: Path) -> None:
    write("registry_late.py", "ANSWER = 42")
    write("activities.py", ONE.replace('return "one"', "import registry_late; return registry_late.ANSWER"))
    assert call(Registry.load(["activities.py"], tmp_path), "charge") == 42


def test_a_file_of_a_package_may_import_relatively(write: Write, tmp_path: Path) -> None:
    write("acts/__init__.py", "RATE = 3")
    write("acts/client.py", "from . import RATE")
    write("acts/charge.py", ONE.replace('return "one"', "return RATE") + "\n    from .client import RATE\n")
    assert call(Registry.load(["./acts/charge.py"], tmp_path), "charge") == 3


def test_a_files_own_folder_comes_before_the_documents(write: Write, tmp_path: Path) -> None:
    write("registry_rates.py", "RATE = 1")
    write("acts/registry_rates.py", "RATE = 2")
    write("acts/charge.py", ONE.replace('return "one"', "return RATE") + "\n    from registry_rates import RATE\n")
    write(
        "activities.py",
        ONE.replace("charge", "refund").replace('return "one"', "return RATE")
        + "\n    from registry_rates import RATE\n",
    )
    registry = Registry.load(["./acts/charge.py", "./activities.py"], tmp_path)
    assert (call(registry, "charge"), call(registry, "refund")) == (2, 1)


def test_a_neighbour_named_like_a_library_does_not_replace_it_for_others(write: Write, tmp_path: Path) -> None:
    import yaml

    write("yaml.py", "MINE = True")
    write("activities.py", ONE.replace('return "one"', "return yaml.MINE") + "\n    import yaml\n")
    assert call(Registry.load(["activities.py"], tmp_path), "charge") is True
    assert sys.modules["yaml"] is yaml


def test_a_dataclass_with_hints_as_text_is_understood(write: Write, tmp_path: Path) -> None:
    for folder, kind in (("a", "int"), ("b", "str")):
        write(
            f"{folder}/registry_models.py",
            f"""
            from __future__ import annotations
            from dataclasses import dataclass

            Kind = {kind}

            @dataclass
            class Order:
                id: Kind
        """,
        )
        write(
            f"{folder}/activities.py",
            """
            from __future__ import annotations
            from dataclasses import dataclass
            from kagzi_dsl import activity
            from registry_models import Order

            @dataclass
            class Line:
                order: Order

            @activity
            def charge(line: Line) -> Line:
                return line
        """,
        )
    registries = [Registry.load(["./activities.py"], tmp_path / folder) for folder in ("a", "b")]
    schemas = [registry.signatures()["charge"].parameters["line"].schema for registry in registries]
    kinds = [schema["$defs"]["Order"]["properties"]["id"]["type"] for schema in schemas]
    assert kinds == ["integer", "string"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import registry_nowhere", "activities.py:1: ModuleNotFoundError: No module named 'registry_nowhere'"),
        ("x = 1\n\ndef f(:", "activities.py:3: SyntaxError: invalid syntax"),
        ("x = 1\n1 / 0", "activities.py:2: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "activities.py:2: SystemExit: 3"),
        ("import json\njson.loads('{')", "activities.py:2: JSONDecodeError: Expecting property name"),
        ("from kagzi_dsl import activity\n@activity\ndef f(*a): ...", "activities.py:2: @activity on f: it takes *a"),
        (
            "from __future__ import annotations\nfrom kagzi_dsl import activity\n@activity\ndef f(a: Order): ...",
            "activities.py:3: the type hints of f cannot be resolved: name 'Order' is not defined; import Order",
        ),
        (
            "from kagzi_dsl import activity\n@activity\ndef f(a: 'int | []'): ...",
            "activities.py:2: the type hints of f cannot be resolved: TypeError: unsupported operand",
        ),
    ],
)  # fmt: skip
def test_a_file_that_fails_is_reported_by_its_own_last_line(
    write: Write, tmp_path: Path, source: str, says: str
) -> None:
    write("activities.py", source)
    message = refused(["./activities.py"], tmp_path)
    assert message.startswith(says)
    assert "Traceback" not in message


def test_the_line_reported_may_be_in_a_neighbour(write: Write, tmp_path: Path) -> None:
    write("lib/registry_broken.py", "\n\nimport registry_nowhere")
    write("lib/acts.py", "import registry_broken")
    assert refused(["lib/acts.py"], tmp_path).startswith("lib/registry_broken.py:1: ModuleNotFoundError")


def test_a_file_that_failed_is_run_again_the_next_time(write: Write, tmp_path: Path) -> None:
    path = write("activities.py", "1 / 0")
    refused(["./activities.py"], tmp_path)
    path.write_text(ONE.replace("\n    ", "\n"))
    assert "charge" in Registry.load(["./activities.py"], tmp_path)


def test_what_is_not_there_is_named_with_where_it_was_looked_for(write: Write, tmp_path: Path) -> None:
    write("empty/readme.txt", "")
    assert (
        refused(["./acts.py"], tmp_path)
        == f"there is no file ./acts.py to load activities from (looked for {tmp_path}/acts.py)"
    )
    assert refused(["empty/"], tmp_path) == f"the folder empty/ has no .py file in it (it is {tmp_path}/empty)"
    assert "for a file write ./registry_none.py" in refused(["registry_none"], tmp_path)
    assert "there is no module registry_none.sub" in refused(["registry_none.sub"], tmp_path)
    assert "is neither a module's name" in refused(["no-module"], tmp_path)


def test_a_decorator_above_the_activity_is_an_error(write: Write, tmp_path: Path) -> None:
    write(
        "activities.py",
        """
        import functools
        from kagzi_dsl import activity

        def loud(function):
            @functools.wraps(function)
            def wrapper(**kwargs):
                return function(**kwargs)
            return wrapper

        @loud
        @activity
        def charge(): ...
    """,
    )
    assert "activities.py:10: @activity is not the outermost decorator of charge" in refused(
        ["activities.py"], tmp_path
    )


def test_odd_objects_in_a_module_do_no_harm(write: Write, tmp_path: Path) -> None:
    write(
        "activities.py",
        """
        from unittest import mock
        from kagzi_dsl import activity

        class Eager:
            def __getattr__(self, name):
                raise RuntimeError("touched")

        everything = mock.MagicMock()
        eager = Eager()
        slotted = object()

        @activity
        def charge(): ...
    """,
    )
    assert "charge" in Registry.load(["activities.py"], tmp_path)


def test_similar_names_are_offered() -> None:
    assert Registry().similar("http.requst") == ["http.request"]
    assert Registry().similar("zzz") == []


def test_a_registry_may_be_made_of_functions() -> None:
    @activity
    def charge() -> None: ...

    registry = Registry.of(charge)
    definition = registry.get("charge")
    assert definition is not None
    assert definition.function is charge
    with pytest.raises(RegistrationError, match="is not an activity; put @activity above it"):
        Registry.of(print)


def test_the_path_is_as_long_as_before_while_nothing_new_is_loaded(write: Write, tmp_path: Path) -> None:
    write("activities.py", ONE)
    Registry.load(["./activities.py"], tmp_path)
    path = list(sys.path)
    Registry.load(["./activities.py"], tmp_path)
    assert sys.path == path
    assert sys.path[-1] == str(tmp_path)


def test_a_module_made_without_a_file_is_left_alone(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ModuleType("registry_made")
    monkeypatch.setitem(sys.modules, "registry_made", made)
    write("activities.py", ONE)
    Registry.load(["./activities.py"], tmp_path)
    assert sys.modules["registry_made"] is made
