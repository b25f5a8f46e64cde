"""The command speaks Indonesian, and English where it is asked to."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from shared.kit.i18n import Languages, message_ids
from tanggap.cli import language, main

FOLDER = Path(main.__file__).parents[1]
PLACES = re.compile(r"%\(\w+\)s")


def test_every_text_of_the_command_is_there_in_indonesian() -> None:
    """Answers, errors, progress and help; what is filled in stands in both languages."""
    languages = Languages((language.LOCALE,))
    texts = set(_said())
    assert len(texts) > 200
    assert sorted(text for text in texts if not languages.knows(text)) == []
    for text in texts:
        assert set(PLACES.findall(text)) == set(PLACES.findall(languages.translate(text, "id"))), text


def test_no_text_is_translated_that_nobody_says() -> None:
    """The catalogue holds what is said, and nothing that was said once."""
    catalogue = Path(language.LOCALE, "id", "LC_MESSAGES", "tanggap.po")
    kept = set(Languages((language.LOCALE,)).translations("id")._catalog) - {""}
    of_kit = set(Languages().translations("id")._catalog)
    assert sorted(kept - of_kit - set(_said())) == [], catalogue


@pytest.mark.parametrize(
    ("words", "heading", "sentence"),
    [
        (["stock", "--help"], "Cara pakai: tanggap stock", "Tampilkan kartu barang suatu tempat"),
        (["--lang", "en", "stock", "--help"], "Usage: tanggap stock", "Show a place's stock card"),
        (["stock", "--help", "--lang=en"], "Usage: tanggap stock", "Show a place's stock card"),
    ],
)
def test_help_is_in_the_language_asked_for(words: list[str], heading: str, sentence: str) -> None:
    """Wherever `--lang` stands."""
    done = _run(words)
    assert done.returncode == 0
    assert heading in done.stdout
    assert sentence in done.stdout


def test_wrong_words_are_told_in_indonesian(tmp_path: Path) -> None:
    """What the command line lacks, what it cannot read, and what is not there."""
    nothing = str(tmp_path / "none")
    for words, code, told in (
        (["request", "open"], 2, "Pilihan '--to' belum diberikan."),
        (["stock", "card", "x", "--sorted"], 2, "Tidak ada pilihan --sorted."),
        (["stock", "card", "x", "--most", "0"], 2, "'--most' tidak dapat berisi ini"),
        (["token", "issue", "a", "--role", "post", "--home", nothing], 1, f"Tidak ada kotak di {nothing}."),
        (["--lang", "jv", "doctor"], 2, "--lang menerima id atau en."),
    ):
        done = _run(words)
        assert (done.returncode, told in done.stderr) == (code, True), done.stderr


def test_the_variable_chooses_and_the_word_wins() -> None:
    """`TANGGAP_LANG` for a whole session, `--lang` for one command."""
    assert _run(["--help"], TANGGAP_LANG="en").stdout.startswith("Usage: ")
    assert _run(["--help", "--lang", "id"], TANGGAP_LANG="en").stdout.startswith("Cara pakai: ")


def _run(words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    python = {"PYTHONPATH": str(FOLDER.parent), "PATH": "/usr/bin:/bin", "COLUMNS": "120", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "tanggap.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, env=python | environment, check=False, timeout=60)


def _said() -> Iterator[str]:
    """Every text: of the code, of the box's errors and reports, of the help, and for typer's own words."""
    yield from (text for _, text in message_ids(FOLDER) if text and not text.startswith("tanggap "))
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from _of_box(node)
    yield from _of_help(typer.main.get_command(main.build(list(main.COMMANDS))))
    yield from (*language.TYPER_WORDS, *language.TYPER_MARKS, *language.TYPER_ERRORS.values())


def _of_box(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id="BoxError"), args=[_, ast.Constant(value=str(text)), *_]):
            yield text
        case ast.Assign(targets=[ast.Name(id="text")], value=ast.Constant(value=str(text))):
            yield text
        case ast.Call(func=ast.Attribute(attr="report"), args=[ast.Constant(value=str(text))]):
            yield text


def _of_help(command: Any) -> Iterator[str]:
    for one in (command, *command.params):
        yield from (text for name in ("help", "short_help") if (text := getattr(one, name, None)))
    for below in getattr(command, "commands", {}).values():
        yield from _of_help(below)
