"""Who may know whom: the layers of pyproject.toml, and rules that stay pure however they are split into files."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tanggap.box.services import CONSUMERS, installed_services
from tests.architecture.sources import PROJECT, file_of, files, imports, is_ours, is_standard, module_of, name_of

DOMAINS = [path for path in files("services") if path.name == "domain.py"]
WORDS_OF_RULES = ("shared.contracts", "shared.kit.decisions.types")
CLOCKS_AND_CHANCE = ("random", "secrets", "time", "os", "socket", "asyncio", "subprocess")


def test_layers_hold() -> None:
    """No service knows another, contracts and kit know no service, the verifier shares nothing with the writer."""
    linter = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"]
    done = subprocess.run(linter, cwd=PROJECT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("domain", DOMAINS, ids=name_of)
def test_rules_are_pure(domain: Path) -> None:
    """A rule, with every file it is split into, knows only contracts, the words of decisions and its own service."""
    service = ".".join(module_of(domain).split(".")[:2])
    impure: list[str] = []
    seen: set[str] = set()
    waiting = [domain]
    while waiting:
        path = waiting.pop()
        for module in imports(path):
            if module in seen:
                continue
            seen.add(module)
            if module.startswith(WORDS_OF_RULES) or module == "pydantic":
                continue
            if module.startswith(service + ".") and is_ours(module):
                waiting.append(file_of(module))
            elif not is_standard(module) or module.partition(".")[0] in CLOCKS_AND_CHANCE:
                impure.append(f"{name_of(path)} imports {module}")
    assert not impure


@pytest.mark.parametrize("name", [program.name for program in installed_services()])
def test_box_keeps_entries_for_the_services_that_read_them(name: str) -> None:
    """Trimming waits for exactly the services whose definition names this one as a source."""
    programs = [program.name for program in installed_services()]
    readers = {peer for peer in programs if name in import_module(f"services.{peer}.service").SERVICE.sources}
    assert readers == set(CONSUMERS.get(name, ())) & set(programs)
