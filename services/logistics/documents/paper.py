"""A letter as a page of PDF: figures of its event only, room for names and signatures, and a QR code to check it by.

Owns the layout. The same letter gives the same bytes: nothing of the page comes from the clock or from elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from services.logistics.documents.content import checked_by
from shared.contracts.documents import DocumentContent, DocumentKind, DocumentLine

_MARGIN_MM, _QR_MM, _ROW_MM = 18.0, 26.0, 6.5
_FONT = "Helvetica"
_DOTS = "." * 42


@dataclass(frozen=True, slots=True)
class Letter:
    """What is printed. `copy_number` is 0 for the first print; `_` translates a text."""

    document_id: str
    content: DocumentContent
    content_sha256: str
    office: str
    predecessors: Sequence[str]
    copy_number: int
    cancelled: bool
    translate: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width_mm: float
    right: bool = False


def render(letter: Letter) -> bytes:
    """The bytes of a letter's PDF."""
    pdf = _Page(orientation="portrait", unit="mm", format="A4")
    pdf.set_creation_date(datetime.combine(letter.content.issued_on, time(), tzinfo=UTC))
    pdf.set_title(letter.content.letter_number)
    pdf.set_producer("Tanggap")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    pdf.alias_nb_pages()
    pdf.footing = f"{letter.content.letter_number}   {letter.document_id}"
    pdf.add_page()
    _head(pdf, letter)
    _facts(pdf, letter)
    _table(pdf, letter)
    _signatures(pdf, letter)
    return bytes(pdf.output())


class _Page(FPDF):
    """A page whose foot names the letter, so that loose sheets can be put together again."""

    footing = ""

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_FONT, size=7)
        self.cell(0, 4, f"{self.footing}   {self.page_no()}/{{nb}}", align="C")


def _head(pdf: FPDF, letter: Letter) -> None:
    """The office and kind at the left, the QR code at the right, and across it what kind of print it is."""
    _ = letter.translate
    _qr(pdf, checked_by(letter.document_id, letter.content_sha256))
    pdf.set_font(_FONT, size=9)
    _line(pdf, letter.office.upper())
    pdf.set_font(_FONT, style="B", size=15)
    _line(pdf, _(_TITLES[letter.content.document_kind]), height_mm=8)
    pdf.set_font(_FONT, size=11)
    _line(pdf, f"{_('Number')}: {letter.content.letter_number}")
    if letter.copy_number:
        pdf.set_font(_FONT, style="B", size=13)
        _line(pdf, f"{_('COPY')} {letter.copy_number}", height_mm=8)
    if letter.cancelled:
        pdf.set_font(_FONT, style="B", size=13)
        _line(pdf, _("CANCELLED"), height_mm=8)
    pdf.set_y(max(pdf.get_y(), _MARGIN_MM + _QR_MM + 4))


def _qr(pdf: FPDF, text: str) -> None:
    """Dark squares drawn one by one: no picture file, and the same bytes each time."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    side_mm = _QR_MM / len(rows)
    left_mm = pdf.w - _MARGIN_MM - _QR_MM
    for row_no, row in enumerate(rows):
        for column_no, dark in enumerate(row):
            if dark:
                pdf.rect(left_mm + column_no * side_mm, _MARGIN_MM + row_no * side_mm, side_mm, side_mm, style="F")


def _facts(pdf: FPDF, letter: Letter) -> None:
    _, content = letter.translate, letter.content
    facts = [
        (_("Date"), _written(content.issued_on)),
        (_("Concerns"), content.subject),
        (_("From"), content.from_place_id),
        (_("Vehicle"), content.vehicle_place_id),
        (_("To"), content.to_place_id),
        (_("Follows letters"), ", ".join(letter.predecessors)),
    ]
    pdf.set_font(_FONT, size=10)
    for name, value in facts:
        if value:
            pdf.cell(38, _ROW_MM, name)
            _line(pdf, f": {value}")
    pdf.ln(3)


def _written(on: date) -> str:
    """A date as Indonesian papers write it: 20-11-2026."""
    return f"{on.day:02d}-{on.month:02d}-{on.year}"


def _table(pdf: FPDF, letter: Letter) -> None:
    """The goods; missing and damaged get columns only where the letter tells of them."""
    _, lines = letter.translate, letter.content.lines
    if not lines:
        return
    counted = any(line.missing or line.damaged for line in lines)
    columns = [
        _Column(_("Row"), 10, right=True),
        _Column(_("Item"), 48 if counted else 66),
        _Column(_("Lot number"), 54 if counted else 64),
        _Column(_("Quantity"), 24, right=True),
        *([_Column(_("Missing"), 18, right=True), _Column(_("Damaged"), 18, right=True)] if counted else []),
    ]
    _row(pdf, columns, [column.title for column in columns], bold=True)
    for number, line in enumerate(lines, start=1):
        _row(pdf, columns, _cells(number, line, counted=counted))
    pdf.ln(4)


def _cells(number: int, line: DocumentLine, *, counted: bool) -> list[str]:
    quantity = f"{_thousands(line.quantity)} {line.base_unit or ''}".strip()
    short = [_thousands(line.missing), _thousands(line.damaged)] if counted else []
    return [str(number), line.item_code, line.lot_id or "", quantity, *short]


def _thousands(quantity: int) -> str:
    """A whole number as Indonesian papers write it: 1.250."""
    return f"{quantity:,}".replace(",", ".")


def _row(pdf: FPDF, columns: Sequence[_Column], texts: Sequence[str], *, bold: bool = False) -> None:
    for column, text in zip(columns, texts, strict=True):
        pdf.set_font(_FONT, style="B" if bold else "", size=9)
        while pdf.get_string_width(text) > column.width_mm - 2 and pdf.font_size_pt > 5:
            pdf.set_font(_FONT, style="B" if bold else "", size=pdf.font_size_pt - 0.5)
        pdf.cell(column.width_mm, _ROW_MM, text, border=1, align="R" if column.right else "L")
    pdf.ln(_ROW_MM)


def _signatures(pdf: FPDF, letter: Letter) -> None:
    """Who signs by hand. Names and numbers of identity are written on the paper and are nowhere else."""
    _ = letter.translate
    signers = _SIGNERS.get(letter.content.document_kind, (_OFFICER,))
    if pdf.get_y() > pdf.h - 70:
        pdf.add_page()
    width_mm = (pdf.w - 2 * _MARGIN_MM) / len(signers)
    top_mm = pdf.get_y() + 4
    pdf.set_font(_FONT, size=9)
    for place, signer in enumerate(signers):
        left_mm = _MARGIN_MM + place * width_mm
        for offset_mm, text in ((0, _(signer)), (22, _DOTS), (27, _("Name:")), (32, _("Date:"))):
            pdf.set_xy(left_mm, top_mm + offset_mm)
            pdf.cell(width_mm, 5, text)
    pdf.set_xy(_MARGIN_MM, top_mm + 42)
    pdf.set_font(_FONT, size=7)
    pdf.multi_cell(0, 3.5, f"SHA-256: {letter.content_sha256}")


def _line(pdf: FPDF, text: str, *, height_mm: float = _ROW_MM) -> None:
    width_mm = pdf.w - pdf.get_x() - _MARGIN_MM - (_QR_MM if pdf.get_y() < _MARGIN_MM + _QR_MM else 0)
    pdf.multi_cell(width_mm, height_mm, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated when it is printed."""
    return text


_TITLES: Mapping[DocumentKind, str] = {
    DocumentKind.SURAT_PERMOHONAN: _("Letter of request"),
    DocumentKind.DISPOSISI: _("Disposition"),
    DocumentKind.SPPB: _("Order to release goods"),
    DocumentKind.SURAT_JALAN: _("Delivery note"),
    DocumentKind.BAST: _("Record of handing over"),
    DocumentKind.DAFTAR_PENERIMA: _("List of recipients"),
    DocumentKind.SURAT_PENGANTAR: _("Covering letter"),
    DocumentKind.BA_PEMERIKSAAN: _("Record of inspection"),
    DocumentKind.BA_OPNAME: _("Record of stock count"),
    DocumentKind.BA_PEMUSNAHAN: _("Record of destruction"),
    DocumentKind.SERAH_TERIMA_PIKET: _("Hand-over between shifts"),
}
_OFFICER, _GIVER, _CARRIER, _TAKER = _("Officer"), _("Handed over by"), _("Carrier"), _("Received by")
_WITNESS, _COUNTER = _("Witness"), _("Counted by")
_SIGNERS: Mapping[DocumentKind, tuple[str, ...]] = {
    DocumentKind.SURAT_JALAN: (_GIVER, _CARRIER, _TAKER),
    DocumentKind.BAST: (_GIVER, _CARRIER, _TAKER),
    DocumentKind.DAFTAR_PENERIMA: (_GIVER, _WITNESS),
    DocumentKind.BA_PEMERIKSAAN: (_COUNTER, _WITNESS),
    DocumentKind.BA_OPNAME: (_COUNTER, _WITNESS),
    DocumentKind.BA_PEMUSNAHAN: (_OFFICER, _WITNESS),
    DocumentKind.SERAH_TERIMA_PIKET: (_GIVER, _TAKER),
}
