"""What the logistics service publishes of its letters: numbered, printed, signed, printed again, cancelled.

Owns the shapes and their words. A letter holds figures and ids only: names are written on the paper by hand, and of a
signed paper the log knows the hash of its scan.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.ids import DocumentId, ItemCode, LotId, PlaceId, RegisterId, Slug, Subject
from shared.contracts.shipments import Signature
from shared.contracts.values import DocumentNumber, FiscalYear, LegalDate, Number, QuantityOrNone, Sha256
from shared.contracts.vocabulary import BaseUnit

PREDECESSORS_MAX = 20
ROWS_MAX = 1000
SET_ASIDE_MAX = 100


class DocumentKind(StrEnum):
    """The kinds of letters, in the order a supply goes through them; docs/glossary.md explains them."""

    SURAT_PERMOHONAN = "surat_permohonan"
    DISPOSISI = "disposisi"
    SPPB = "sppb"
    SURAT_JALAN = "surat_jalan"
    BAST = "bast"
    DAFTAR_PENERIMA = "daftar_penerima"
    SURAT_PENGANTAR = "surat_pengantar"
    BA_PEMERIKSAAN = "ba_pemeriksaan"
    BA_OPNAME = "ba_opname"
    BA_PEMUSNAHAN = "ba_pemusnahan"
    SERAH_TERIMA_PIKET = "serah_terima_piket"


class ScanKept(StrEnum):
    """Where the file of a scan is: in the service's vault, or in the archive of the office that printed the letter."""

    VAULT = "vault"
    OFFICE_ARCHIVE = "office_archive"


class DocumentCancellation(StrEnum):
    """Why a letter does not hold; its number stays in the register."""

    WRONG_CONTENT = "wrong_content"
    ISSUED_TWICE = "issued_twice"
    NOT_NEEDED = "not_needed"
    PAPER_SPOILED = "paper_spoiled"


class DocumentLine(Value):
    """A row of a letter: goods of an item, of a lot if one is known; missing and damaged where it tells of a count."""

    item_code: ItemCode
    base_unit: BaseUnit | None = None
    lot_id: LotId | None = None
    quantity: QuantityOrNone
    missing: QuantityOrNone = 0
    damaged: QuantityOrNone = 0


class DocumentContent(Value):
    """What a letter says. Its canonical bytes are what the paper's hash is of."""

    document_kind: DocumentKind
    letter_number: DocumentNumber
    subject: Subject
    from_place_id: PlaceId | None = None
    vehicle_place_id: PlaceId | None = None
    to_place_id: PlaceId | None = None
    lines: tuple[DocumentLine, ...] = Field(default=(), max_length=ROWS_MAX)
    issued_on: LegalDate


class NumberGiven(Payload):
    """An office's register of one kind gave its next number, or one set aside for paper, to a letter."""

    type: ClassVar[str] = "logistics.number_given.v1"
    kind: ClassVar[str] = "register"
    key: ClassVar[str] = "register_id"

    register_id: RegisterId
    number: Number
    document_id: DocumentId
    given_on: LegalDate


class NumbersSetAside(Payload):
    """The next numbers of a register are for letters written by hand; each is missing until its letter is entered."""

    type: ClassVar[str] = "logistics.numbers_set_aside.v1"
    kind: ClassVar[str] = "register"
    key: ClassVar[str] = "register_id"

    register_id: RegisterId
    first: Number
    last: Number
    set_aside_on: LegalDate


class DocumentIssued(Payload):
    """A letter was numbered and printed. `predecessors` are the letters it follows."""

    type: ClassVar[str] = "logistics.document_issued.v1"
    kind: ClassVar[str] = "document"
    key: ClassVar[str] = "document_id"

    document_id: DocumentId
    office: Slug
    year: FiscalYear
    number: Number
    predecessors: tuple[DocumentId, ...] = Field(default=(), max_length=PREDECESSORS_MAX)
    content: DocumentContent
    content_sha256: Sha256


class DocumentSigned(Payload):
    """A letter was signed by hand; its scan is known by hash, and its file is where `scan_kept` says."""

    type: ClassVar[str] = "logistics.document_signed.v1"
    kind: ClassVar[str] = "document"
    key: ClassVar[str] = "document_id"

    document_id: DocumentId
    signatures: tuple[Signature, ...] = Field(min_length=1, max_length=6)
    scan_sha256: Sha256
    scan_kept: ScanKept
    signed_on: LegalDate


class DocumentReprinted(Payload):
    """A letter was printed again: each print after the first is marked SALINAN with its count."""

    type: ClassVar[str] = "logistics.document_reprinted.v1"
    kind: ClassVar[str] = "document"
    key: ClassVar[str] = "document_id"

    document_id: DocumentId
    copy_number: Number
    reprinted_on: LegalDate


class DocumentCancelled(Payload):
    """A letter does not hold any more; its number is not given again."""

    type: ClassVar[str] = "logistics.document_cancelled.v1"
    kind: ClassVar[str] = "document"
    key: ClassVar[str] = "document_id"

    document_id: DocumentId
    reason: DocumentCancellation
    cancelled_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    NumberGiven,
    NumbersSetAside,
    DocumentIssued,
    DocumentSigned,
    DocumentReprinted,
    DocumentCancelled,
)
