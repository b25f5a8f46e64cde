"""The languages people are answered in: Indonesian first, English second.

Owns gettext catalogues and the choice of a language. English texts are the message ids themselves, so only
translations are kept as `.po` files, in a `locale` folder beside the code whose texts they translate; they are
compiled in memory at start and no binary is committed. Must not decide what is said.
"""

import ast
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

DEFAULT_LANGUAGE = "id"
LANGUAGES = ("id", "en")
KIT_LOCALE = Path(__file__).parent / "locale"
ACCEPT_LANGUAGE_CHARACTERS = 200
TEXT_ARGUMENTS = frozenset({"detail", "next_step", "message"})


class Languages:
    """The merged catalogues of the kit and of the services' own `locale` folders."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._translations: dict[str, NullTranslations] = {
            language: _merged(language, (KIT_LOCALE, *folders)) for language in LANGUAGES
        }

    def translations(self, language: str) -> NullTranslations:
        """The gettext translations of a language, as page templates want them."""
        return self._translations[language]

    def knows(self, message: str) -> bool:
        """Whether a text stands in the catalogue: then it was written by us and holds no one's input."""
        return bool(message) and self._translations[DEFAULT_LANGUAGE].gettext(message) != message

    def translate(self, message: str, language: str) -> str:
        """A message in a language, or as it is in English where no translation stands."""
        return str(self._translations[language].gettext(message)) if message else ""


def choose_language(accept_language: str | None) -> str:
    """The language an `Accept-Language` header prefers among ours; Indonesian if it prefers none.

    Source: RFC 9110, 12.5.4 (quality values; order breaks ties).
    """
    best, best_quality = DEFAULT_LANGUAGE, 0
    for part in (accept_language or "")[:ACCEPT_LANGUAGE_CHARACTERS].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _thousandths(parameter)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def message_ids(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every text under a folder that people see: literals given as `detail`, `next_step` or `message`, to
    `FieldProblem` and `Refusal`, and to `_("…")`.

    Why: a test of each part compares them with its catalogue, so no text stays untranslated.
    """
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in _texts_of(node):
                yield path, text


def _texts_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.keyword(arg=str(name), value=ast.Constant(value=str(text))) if name in TEXT_ARGUMENTS:
            yield text
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))) if name in TEXT_ARGUMENTS:
            yield text
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))) if name in TEXT_ARGUMENTS:
            yield text
        case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text))]):
            yield text
        case ast.Call(func=ast.Name(id="FieldProblem"), args=[_, ast.Constant(value=str(text)), *_]):
            yield text
        case ast.Call(func=ast.Name(id="Refusal"), args=[_, ast.Constant(value=str(detail)), *rest]):
            yield detail
            if rest and isinstance(rest[0], ast.Constant):
                yield str(rest[0].value)
        case _:
            return


def _thousandths(parameter: str) -> int:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1000
    whole, _, fraction = value.strip().partition(".")
    digits = whole[:1] + (fraction + "000")[:3]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _merged(language: str, folders: Sequence[Path]) -> NullTranslations:
    merged: NullTranslations = NullTranslations()
    for folder in folders:
        for path in sorted((folder / language / "LC_MESSAGES").glob("*.po")):
            loaded = _compiled(path)
            merged = loaded if not isinstance(merged, Translations) else merged.merge(loaded)
    return merged


def _compiled(path: Path) -> Translations:
    with path.open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return Translations(fp=binary)
