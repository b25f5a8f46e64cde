"""House rules a reviewer would otherwise have to repeat."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.architecture.sources import PARTS, files, imports, module_of, name_of, tree

OURS = files(*PARTS)
EVERY = files(*PARTS, "tests")
FILE_LINES = 400
FUNCTION_LINES = 70
BANNED_WORDS = {"util", "utils", "common", "helper", "helpers", "manager", "info"}
STARTED_BY_NAME = re.compile(
    r"services\.\w+\.(app|service|migrations\.env)|tanggap\.cli\.\w+|tanggap\.box\.leash|.*\.__main__"
)


def nodes(paths: list[Path], *kinds: type[ast.AST]) -> Iterator[tuple[Path, Any]]:
    """Every node of the kinds in the files, with its file."""
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, kinds):
                yield path, node


def place(path: Path, node: Any) -> str:
    """Where a breach is."""
    return f"{name_of(path)}:{node.lineno}"


def called(call: ast.Call) -> tuple[str, str]:
    """What a call names before the last dot (`?` for what is no plain name) and after it."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return getattr(function.value, "id", "?"), function.attr
    return "", getattr(function, "id", "")


def spread(name: str) -> set[str]:
    """The words of a name: `DatabaseManager` is `database` and `manager`."""
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower().split())


def test_a_file_says_what_it_owns_and_stays_short() -> None:
    """A file has a docstring and at most 400 lines."""
    texts = {path: path.read_text(encoding="utf-8") for path in EVERY}
    assert [name_of(path) for path, text in texts.items() if text.strip() and not ast.get_docstring(tree(path))] == []
    assert [name_of(path) for path, text in texts.items() if len(text.splitlines()) > FILE_LINES] == []


def test_a_function_fits_on_a_screen() -> None:
    """No function is longer than 70 lines."""
    functions = nodes(EVERY, ast.FunctionDef, ast.AsyncFunctionDef)
    assert [place(path, one) for path, one in functions if one.end_lineno - one.lineno >= FUNCTION_LINES] == []


def test_names_say_what_a_thing_is() -> None:
    """No file, class or function is named after nothing in particular."""
    named = nodes(OURS, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    assert [place(path, one) for path, one in named if BANNED_WORDS & spread(one.name)] == []
    assert [name_of(path) for path in OURS if BANNED_WORDS & spread(module_of(path).replace(".", "_"))] == []


def test_only_the_kit_ends_transactions() -> None:
    """`commit` is called in the kit's database module alone, if anywhere."""
    calls = nodes(files("shared", "services"), ast.Call)
    ending = [place(path, call) for path, call in calls if called(call)[1] == "commit"]
    assert [one for one in ending if not one.startswith("shared/kit/database.py")] == []


def test_only_the_clock_tells_time_and_makes_ids() -> None:
    """The present and new ids come from the kit's clock, so that rules and replay never depend on them."""
    calls = nodes(files("shared", "services"), ast.Call)
    asked = [(place(path, call), called(call)) for path, call in calls]
    breaches = [
        one for one, (owner, name) in asked if owner in {"datetime", "date"} and name in {"now", "today", "utcnow"}
    ]
    breaches += [one for one, (_, name) in asked if name in {"uuid1", "uuid7"}]
    assert [one for one in breaches if not one.startswith("shared/kit/clock.py")] == []


def test_only_settings_read_the_environment() -> None:
    """A service reads the environment in its settings alone; the kit's runner sets a switch of FastStream's."""
    reads = nodes(files("shared", "services"), ast.Attribute)
    places = [place(path, node) for path, node in reads if node.attr in {"environ", "getenv"}]
    allowed = ("shared/kit/settings.py", "shared/kit/streams/runner.py")
    assert [one for one in places if not one.startswith(allowed)] == []


def test_nothing_prints() -> None:
    """A command gives one answer through its output, everything else goes through the log."""
    assert [place(path, call) for path, call in nodes(OURS, ast.Call) if called(call) == ("", "print")] == []


def test_no_floating_point_in_contracts_and_rules() -> None:
    """Money and quantities are integers, so that every replay gives the same digits."""
    exact = [*files("shared/contracts"), *(path for path in files("services") if path.name == "domain.py")]
    names = [place(path, node) for path, node in nodes(exact, ast.Name) if node.id == "float"]
    literals = [place(path, node) for path, node in nodes(exact, ast.Constant) if type(node.value) is float]
    assert names + literals == []


def test_rules_do_not_divide_into_fractions() -> None:
    """A rule divides with `//` and says where the remainder goes."""
    rules = [path for path in files("services") if path.name == "domain.py"]
    assert [place(path, node) for path, node in nodes(rules, ast.BinOp) if isinstance(node.op, ast.Div)] == []


def test_no_failure_is_swallowed() -> None:
    """No handler of an exception does nothing."""
    handlers = nodes(EVERY, ast.ExceptHandler)
    silent = [place(path, one) for path, one in handlers if len(one.body) == 1 and isinstance(one.body[0], ast.Pass)]
    assert silent == []


def test_work_left_names_its_issue() -> None:
    """What is left to do carries the number of its issue."""
    left = "TO" + "DO"
    lines = [(path, line) for path in EVERY for line in path.read_text(encoding="utf-8").splitlines() if left in line]
    assert [f"{name_of(path)}: {line}" for path, line in lines if not re.search(left + r"\(#\d+\)", line)] == []


def test_every_module_is_used() -> None:
    """What nobody imports is started by name, or is dead."""
    used = {module for path in EVERY for module in imports(path)}
    packages = {module.rpartition(".")[0] for module in used}
    dead = [
        module_of(path)
        for path in OURS
        if module_of(path) not in used | packages and not STARTED_BY_NAME.fullmatch(module_of(path))
    ]
    assert dead == []
