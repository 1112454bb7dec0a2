"""Importing the files and modules a document names.

A file is imported under a name made from its folder, because two documents may each have an `activities.py`, and
because dataclasses and pydantic look a class's module up in `sys.modules`. Its folder counts as a package of that
name, so that relative imports work. A file that is in `sys.modules` already (a test or a script imported it) is not
run again.

While a document's imports run, its folder (and before it that of the file) stands first in `sys.path`; afterwards it
stands last, for imports inside functions. Neighbours are imported under their plain names. Where two folders have a
neighbour of one name, each import set gets its own: a module of another folder is set aside while this one loads, and
put back after.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from kagzi_dsl.activities.crash import last_line
from kagzi_dsl.activities.definition import definition_of
from kagzi_dsl.activities.place import Place
from kagzi_dsl.errors import RegistrationError

_NEVER_ASIDE = sys.stdlib_module_names | {"__main__", __name__.partition(".")[0]}
_LOCK = threading.RLock()
_second_of_their_name: dict[str, dict[str, ModuleType]] = {}
"""By folder: the neighbours that could not stay in `sys.modules`, because another folder's have their names."""


def load(specs: Sequence[str], base: Path) -> list[ModuleType]:
    """The modules that `specs` name, imported: files, folders of files, dotted module names, in order.

    Raises RegistrationError for one that is not there, or whose code fails.
    """
    base = base.resolve()
    with _LOCK, _neighbours_of(base) as crowded:
        modules = [module for spec in specs for module in _load_one(spec, base)]
        if crowded:
            _settle(modules)
        return modules


def _load_one(spec: str, base: Path) -> list[ModuleType]:
    if "/" in spec or spec.endswith(".py"):
        return [_load_file(file, base) for file in _files(spec, base)]
    return [_load_module(spec, base)]


def _files(spec: str, base: Path) -> list[Path]:
    path = (base / Path(spec).expanduser()).resolve()
    if path.is_dir():
        files = sorted(file for file in path.glob("*.py") if file.name != "__init__.py")
        if not files:
            raise RegistrationError(f"the folder {spec} has no .py file in it (it is {path})")
        return files
    if not path.is_file():
        raise RegistrationError(f"there is no file {spec} to load activities from (looked for {path})")
    return [path]


def _load_file(file: Path, base: Path) -> ModuleType:
    module = _loaded(file)
    if module is not None:
        return module
    with _neighbours_of(file.parent) as crowded:
        with _reported(file.name, base):
            module = _run(f"{_package(file.parent).__name__}.{file.stem}", file)
        if crowded:
            _settle([module])
        return module


def _load_module(name: str, base: Path) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise RegistrationError(
            f"{name!r} is neither a module's name, such as shop.activities, nor a file's, such as ./activities.py"
        )
    try:
        with _reported(name, base):
            return importlib.import_module(name)
    except RegistrationError as error:
        missing = error.__cause__
        if isinstance(missing, ModuleNotFoundError) and missing.name and f"{name}.".startswith(f"{missing.name}."):
            message = f"there is no module {name} (looked in {base} and the Python path); for a file write ./{name}.py"
            raise RegistrationError(message) from missing
        raise


def _loaded(file: Path) -> ModuleType | None:
    """The module that was made from `file`, whatever its name."""
    for module in list(sys.modules.values()):
        # A lookup in the dict alone: some modules do work when asked for an attribute.
        origin = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(origin, str) and origin.endswith(file.name) and Path(origin).resolve() == file:
            return module
    return None


def _package(folder: Path) -> ModuleType:
    """The package that stands for `folder`; its `__init__.py` is run, if there is one."""
    name = f"kagzi_activities_{zlib.crc32(str(folder).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    init = folder / "__init__.py"
    if init.is_file():
        return _run(name, init, search=[str(folder)])
    package = ModuleType(name, f"The activities of {folder}.")
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return package


def _run(name: str, file: Path, *, search: list[str] | None = None) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=search)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _reported(what: str, base: Path) -> Iterator[None]:
    """Makes whatever the user's code raises a RegistrationError that names the line of theirs."""
    try:
        yield
    except RegistrationError:
        raise
    except (Exception, SystemExit) as error:
        line = last_line(error, home=str(base)) or Place(what, 0)
        place = line.within(base) if line.line else what
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise RegistrationError(f"{place}: {type(error).__name__}: {reason}".rstrip(": ")) from error


def _settle(modules: list[ModuleType]) -> None:
    """Works out types while the neighbours they come from are still in `sys.modules`, where pydantic looks for them."""
    for module in modules:
        for definition in filter(None, map(definition_of, list(vars(module).values()))):
            definition.settle()


@contextmanager
def _neighbours_of(folder: Path) -> Iterator[bool]:
    """Puts `folder` first for imports; gives whether another folder's modules had to make room for its own."""
    aside = _set_aside(folder)
    sys.modules.update(_second_of_their_name.get(str(folder), {}))
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield bool(aside)
    finally:
        with suppress(ValueError):  # the code that ran may have changed the path
            sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        _put_back(folder, aside)


def _set_aside(folder: Path) -> dict[str, ModuleType]:
    """Takes out of `sys.modules` what would hide a neighbour in `folder`."""
    own = _importable(folder) - _NEVER_ASIDE
    aside = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in own and not _stands_in(folder, name, module)
    }
    for name in aside:
        del sys.modules[name]
    return aside


def _put_back(folder: Path, aside: dict[str, ModuleType]) -> None:
    tops = {name.partition(".")[0] for name in aside}
    hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in tops}
    for name in hidden:
        del sys.modules[name]
    _second_of_their_name.setdefault(str(folder), {}).update(hidden)
    sys.modules.update(aside)


def _importable(folder: Path) -> set[str]:
    """The top-level names `folder` has a module for."""
    files = {file.stem for file in folder.glob("*.py")}
    return files | {init.parent.name for init in folder.glob("*/__init__.py")}


def _stands_in(folder: Path, name: str, module: ModuleType) -> bool:
    origin = getattr(module, "__dict__", {}).get("__file__")
    if not isinstance(origin, str):
        return False
    top = folder / name.partition(".")[0]
    path = Path(origin).resolve()
    return path == top.with_suffix(".py") or path.is_relative_to(top)
