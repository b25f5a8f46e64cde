"""The language a command speaks: Indonesian, or English by `--lang en` or TANGGAP_LANG.

Owns that choice, the command's gettext catalogue, and what typer says by itself. Must not decide what is said; slugs,
names and figures of an answer are the same in every language.
"""

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from typer import Context

from shared.kit.i18n import DEFAULT_LANGUAGE, LANGUAGES, Languages

VARIABLE = "TANGGAP_LANG"
LOCALE = Path(__file__).parents[1] / "locale"
# What typer says in English and lets nobody translate: in its help, and of a command line that is wrong.
TYPER_WORDS = ("Usage: ", "Arguments", "Options", "Commands", "Show this message and exit.")
TYPER_MARKS = ("[required]", "[default: ", "; required]")
TYPER_ERRORS = {
    r"Missing (?:option|parameter) (?P<it>.+)\.": "The option %(it)s is missing.",
    r"Missing argument (?P<it>.+)\.": "The argument %(it)s is missing.",
    r"Missing command\.": "A command is missing.",
    r"No such option: (?P<it>\S+) \(Possible options: (?P<close>.+)\)": "There is no option %(it)s. Close: %(close)s.",
    r"No such option: (?P<it>.+)": "There is no option %(it)s.",
    r"No such command (?P<it>.+)\.": "There is no command %(it)s.",
    r"Got unexpected extra argument\(s\) \((?P<it>.+)\)": "Nothing takes these words: %(it)s.",
    r"Invalid value for (?P<it>.+?): (?P<why>.+)": "%(it)s cannot be this: %(why)s",
}

_chosen = DEFAULT_LANGUAGE


def choose_language(wanted: str | None) -> bool:
    """Set once, before any command runs, what is spoken; False where the language asked for is not."""
    global _chosen  # noqa: PLW0603 - one process answers one command line
    asked = wanted if wanted is not None else os.environ.get(VARIABLE) or DEFAULT_LANGUAGE
    _chosen = asked if asked in LANGUAGES else DEFAULT_LANGUAGE
    return asked in LANGUAGES


def language() -> str:
    """What is spoken."""
    return _chosen


def _(text: str, /, **values: object) -> str:
    """A text in the language spoken, its `%(name)s` places filled."""
    told = text if _chosen == "en" else _catalogues().translate(text, _chosen)
    return told % values if values else told


def speak(command: Any) -> None:
    """Let a typer command and all below it explain themselves in the language spoken."""
    command.context_class = _Context
    for one in (command, *command.params):
        for name in ("help", "short_help"):
            if getattr(one, name, None):
                setattr(one, name, _(getattr(one, name)))
    for below in getattr(command, "commands", {}).values():
        speak(below)


def of_wrong_words(message: str) -> str:
    """What typer says of a wrong command line, in the language spoken where it is known."""
    for pattern, text in TYPER_ERRORS.items():
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found is not None:
            return _(text, **found.groupdict())
    return message


class _Formatter(Context.formatter_class):  # type: ignore[valid-type,misc]
    """Headings and marks in the language spoken."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _(TYPER_WORDS[0]))

    def write_heading(self, heading: str) -> None:
        super().write_heading(_(heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], *widths: int) -> None:
        super().write_dl([(first, _marked(second)) for first, second in rows], *widths)


class _Context(Context):
    formatter_class = _Formatter


def _marked(text: str) -> str:
    text = _(text) if text in TYPER_WORDS else text
    for mark in TYPER_MARKS:
        text = text.replace(mark, _(mark))
    return text


@cache
def _catalogues() -> Languages:
    return Languages((LOCALE,))
