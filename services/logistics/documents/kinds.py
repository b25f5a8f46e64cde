"""The kinds of letters: which may follow which, and how each is numbered.

Owns that order and the form of a letter's number. Pure.
"""

from collections.abc import Mapping
from datetime import date

from shared.contracts.documents import DocumentKind
from shared.contracts.ids import RegisterId

# What a letter may follow. Emergency issues go first and their letter follows, so that none must be there.
FOLLOWS: Mapping[DocumentKind, frozenset[DocumentKind]] = {
    DocumentKind.SURAT_PERMOHONAN: frozenset(),
    DocumentKind.DISPOSISI: frozenset({DocumentKind.SURAT_PERMOHONAN}),
    DocumentKind.SPPB: frozenset({DocumentKind.DISPOSISI, DocumentKind.SURAT_PERMOHONAN}),
    DocumentKind.SURAT_JALAN: frozenset({DocumentKind.SPPB}),
    DocumentKind.BAST: frozenset({DocumentKind.SURAT_JALAN, DocumentKind.BA_PEMERIKSAAN}),
    DocumentKind.DAFTAR_PENERIMA: frozenset({DocumentKind.BAST}),
    DocumentKind.SURAT_PENGANTAR: frozenset(),
    DocumentKind.BA_PEMERIKSAAN: frozenset({DocumentKind.SURAT_PENGANTAR}),
    DocumentKind.BA_OPNAME: frozenset(),
    DocumentKind.BA_PEMUSNAHAN: frozenset(
        {DocumentKind.BA_OPNAME, DocumentKind.BA_PEMERIKSAAN, DocumentKind.BAST, DocumentKind.SURAT_JALAN}
    ),
    DocumentKind.SERAH_TERIMA_PIKET: frozenset({DocumentKind.SERAH_TERIMA_PIKET}),
}

# How a kind is written in a letter's number.
CODES: Mapping[DocumentKind, str] = {
    DocumentKind.SURAT_PERMOHONAN: "SP",
    DocumentKind.DISPOSISI: "DISP",
    DocumentKind.SPPB: "SPPB",
    DocumentKind.SURAT_JALAN: "SJ",
    DocumentKind.BAST: "BAST",
    DocumentKind.DAFTAR_PENERIMA: "DP",
    DocumentKind.SURAT_PENGANTAR: "SPG",
    DocumentKind.BA_PEMERIKSAAN: "BAP",
    DocumentKind.BA_OPNAME: "BAO",
    DocumentKind.BA_PEMUSNAHAN: "BAM",
    DocumentKind.SERAH_TERIMA_PIKET: "STP",
}
ROMAN_MONTHS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def register_id(kind: DocumentKind, year: int, office: str) -> RegisterId:
    """The id of the register of a kind, a year and an office."""
    return RegisterId(f"{kind}:{year}:{office}")


def letter_number(kind: DocumentKind, number: int, office: str, on: date) -> str:
    """A letter's number as it is printed, such as 012/SJ/DINSOS-KALTENG/XI/2026."""
    named = office.replace(":", "-").replace("_", "-").upper()
    return f"{number:03d}/{CODES[kind]}/{named}/{ROMAN_MONTHS[on.month - 1]}/{on.year}"
