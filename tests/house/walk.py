"""Finding everything of a kind in the house: files, classes, keys."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import hub
import projections

ROOT = Path(__file__).parents[2]
PACKAGES = ("hub", "projections", "adapters", "tests")
Kind = TypeVar("Kind")


def sources(*packages: str) -> Iterator[Path]:
    """Every Python file of the packages."""
    for package in packages or PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def named(path: Path) -> str:
    """A file as a colleague names it."""
    return str(path.relative_to(ROOT))


def load(package: ModuleType) -> None:
    """Import every module of a package, so that every class of it is known."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def load_hub() -> None:
    load(hub)


def kinds_of(base: type[Kind], package: ModuleType = hub) -> list[type[Kind]]:
    """Every class of a package under a base, however far below."""
    load(package)
    found: list[type[Kind]] = []
    below = base.__subclasses__()
    while below:
        one = below.pop()
        below.extend(one.__subclasses__())
        if one.__module__.startswith(f"{package.__name__}."):
            found.append(one)
    return sorted(set(found), key=lambda one: (one.__module__, one.__qualname__))


def concrete(base: type[Kind]) -> list[type[Kind]]:
    """Those of them that are meant to be made: nothing stands below them."""
    return [one for one in kinds_of(base) if not one.__subclasses__()]


def enums() -> list[type[StrEnum]]:
    """Every closed list of words that people read, in what is decided and in what is shown."""
    return kinds_of(StrEnum) + kinds_of(StrEnum, projections)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
