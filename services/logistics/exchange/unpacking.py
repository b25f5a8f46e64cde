"""A workbook's parts, unpacked and looked through before the library that reads tables gets them.

Owns what a hostile file could do: expand without end, name a cell so far off that a table up to it fills the memory, or
hide a formula. Only parts that were looked through go on, packed anew without compression. Must not read values.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from shared.kit.errors import FieldProblem, Problem, ProblemError

MEMBERS_MAX = 100
EXPANDED_MAX_BYTES = 16 * 1024 * 1024
# Beyond these a table is not one of ours; one row more than is read, so that too many can be told.
LAST_ROW = 20_000
LAST_COLUMN = 256
_PARTS = re.compile(r"(\[Content_Types\]\.xml|(_rels|xl)/(.+/)?[^/]*\.(xml|rels))", re.IGNORECASE)
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


# What the archive's and the parser's own libraries raise for parts that are none.
_BROKEN = (
    zipfile.BadZipFile,
    expat.ExpatError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class _FarOff(Exception):
    """A cell stands further off than any table of ours goes."""


def checked(content: bytes) -> bytes:
    """The same workbook, safe to be read.

    Raises: ProblemError (422 file-unreadable, file-expands, formula-in-file).
    """
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name, part in _expanded(content):
                _look_through(name, part)
                archive.writestr(name, part)
    except _BROKEN as error:
        raise ProblemError(unreadable()) from error
    except _FarOff as error:
        raise ProblemError(_expands()) from error
    return packed.getvalue()


def _expanded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts that matter, expanded here under a limit: what the archive says of their sizes may be a lie."""
    left = EXPANDED_MAX_BYTES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > MEMBERS_MAX:
            raise ProblemError(_expands())
        for entry in entries:
            if not _PARTS.fullmatch(entry.filename):
                continue
            with archive.open(entry) as member:
                part = member.read(left + 1)
            left -= len(part)
            if left < 0:
                raise ProblemError(_expands())
            yield entry.filename, part


def _look_through(name: str, part: bytes) -> None:
    """Refuse a part with a formula, a far cell, or a document type of its own."""
    parser = expat.ParserCreate()
    here = "A1"

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal here
        match tag.rpartition(":")[2]:
            case "c" if "r" in attributes:
                here = attributes["r"]
                _near(here)
            case "row" if "r" in attributes:
                _near(f"A{attributes['r']}")
            case "dimension":
                for corner in attributes.get("ref", "A1").split(":"):
                    _near(corner)
            case "f":
                raise ProblemError(formula(f"{name.rpartition('/')[2].removesuffix('.xml')}!{here}"))

    def doctype(*_: object) -> None:
        raise ValueError("a part of a workbook declares no document type")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(part, True)


def _near(place: str) -> None:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise ValueError("no address of a cell")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    if column > LAST_COLUMN or not 0 < int(found[2]) <= LAST_ROW:
        raise _FarOff


def unreadable() -> Problem:
    """The problem of a file that is no table."""
    return Problem(
        slug="file-unreadable",
        status=422,
        detail="The file is not a table that can be read here.",
        next_step="Save it as XLSX without a password, or as CSV in UTF-8, and send it again.",
    )


def _expands() -> Problem:
    return Problem(
        slug="file-expands",
        status=422,
        detail="The file holds far more than a table of %(most_rows)d rows when it is unpacked.",
        next_step="Leave out what stands beside and below the table, or send the rows in several files.",
        params={"most_rows": LAST_ROW},
    )


def formula(place: str) -> Problem:
    """The problem of a cell that is calculated."""
    return Problem(
        slug="formula-in-file",
        status=422,
        detail="A cell holds a formula, and what it shows may not be what is read.",
        next_step="Put values in place of formulas, and send the file again.",
        errors=[FieldProblem(place, "A value is expected, not a formula.")],
    )
