"""The project's own Python files and what they import, read without running them."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ("shared", "services", "tanggap")


def files(*parts: str) -> list[Path]:
    """The Python files of the parts, those of migrations' versions left out: they are history."""
    found = [path for part in parts for path in (PROJECT / part).rglob("*.py")]
    return sorted(path for path in found if "versions" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """A file's path inside the project."""
    return path.relative_to(PROJECT).as_posix()


def module_of(path: Path) -> str:
    """The import path of a file, which is its path."""
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module a file may import: for `from a import b` both `a` and, where it is a module of ours, `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names if is_ours(f"{node.module}.{alias.name}")]
            yield from inside
            if len(inside) < len(node.names):
                yield node.module


def is_ours(module: str) -> bool:
    """Whether the module is a file of the project."""
    place = PROJECT.joinpath(*module.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def file_of(module: str) -> Path:
    """The file of a module of ours."""
    place = PROJECT.joinpath(*module.split("."))
    return place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"


def is_standard(module: str) -> bool:
    """Whether the module belongs to Python itself."""
    return module.partition(".")[0] in sys.stdlib_module_names
