"""Letters: each has a number of its office's register, follows the letters before it, and is printed, then signed.

Owns that a letter follows only letters of earlier kinds, that a register has no gap it does not know of, and what a
letter is. It holds figures and ids only. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.documents.kinds import FOLLOWS, letter_number, register_id
from shared.contracts.documents import (
    ROWS_MAX,
    SET_ASIDE_MAX,
    DocumentCancelled,
    DocumentContent,
    DocumentIssued,
    DocumentKind,
    DocumentLine,
    DocumentReprinted,
    DocumentSigned,
    NumberGiven,
    NumbersSetAside,
    ScanKept,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import DocumentId, PlaceId, RegisterId, Slug, Subject
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Register:
    """The numbers one office gives to one kind of letter in a year. `set_aside` are those of papers not entered yet."""

    id: str
    version: int
    last: int
    set_aside: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A letter. `copies` are the prints after the first."""

    id: str
    version: int
    document_kind: DocumentKind
    office: str
    year: int
    number: int
    content: DocumentContent
    content_sha256: str
    predecessors: tuple[str, ...]
    copies: int = 0
    signed_on: date | None = None
    scan_sha256: str | None = None
    scan_kept: ScanKept | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """What a letter tells besides its number and date."""

    lines: tuple[DocumentLine, ...] = ()
    from_place_id: PlaceId | None = None
    vehicle_place_id: PlaceId | None = None
    to_place_id: PlaceId | None = None


@dataclass(frozen=True, slots=True)
class IssueDocument:
    """An office writes a letter. With `number` it was written by hand under a number set aside before.

    `hash_of` gives the SHA-256 of a content's canonical bytes.
    """

    document_id: DocumentId
    document_kind: DocumentKind
    office: Slug
    subject: Subject
    predecessors: tuple[DocumentId, ...]
    figures: Figures
    hash_of: Callable[[DocumentContent], str]
    recorded_on: date
    number: int | None = None

    @property
    def register_id(self) -> RegisterId:
        """The register the number comes from: of the year in which the letter is written."""
        return register_id(self.document_kind, self.recorded_on.year, self.office)

    def aggregates(self) -> Sequence[Ref]:
        """The letter and its register."""
        return (Ref("document", self.document_id), Ref("register", self.register_id))

    def reads(self) -> Sequence[Ref]:
        """The letters it follows."""
        return tuple(Ref("document", id_) for id_ in self.predecessors)


@dataclass(frozen=True, slots=True)
class SetNumbersAside:
    """An office takes the next numbers for letters written by hand where there is no network."""

    register_id: RegisterId
    count: int
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The register."""
        return (Ref("register", self.register_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_issue_document(states: States, command: IssueDocument) -> list[Payload] | Refusal:
    """Give a letter its number and print it, if the letters it follows are of the kinds that come before it."""
    if states.find(Document, command.document_id) is not None:
        return Refusal(
            slug="document-issued-already",
            detail="A letter with this id was issued already.",
            next_step="Issue the letter under another id, or print this one again.",
        )
    if len(command.figures.lines) > ROWS_MAX:
        return Refusal(
            slug="letter-too-long",
            detail="A letter has at most %(most)d rows.",
            next_step="State the rows, and write several letters.",
            params={"most": ROWS_MAX},
        )
    for id_ in command.predecessors:
        before = states.find(Document, id_)
        if before is None or before.cancelled or before.document_kind not in FOLLOWS[command.document_kind]:
            return Refusal(
                slug="document-out-of-order",
                detail="A letter of this kind does not follow one that it names.",
                next_step="Name letters that come before this kind and were not cancelled.",
            )
    register = states.find(Register, command.register_id) or Register(command.register_id, 0, 0)
    if command.number is not None and command.number not in register.set_aside:
        return Refusal(
            slug="number-not-set-aside",
            detail="This number was not set aside for a paper, or its letter was entered already.",
            next_step="Check the number on the paper, or leave it out to get the next one.",
        )
    return _issued(command, command.number or register.last + 1)


def _issued(command: IssueDocument, number: int) -> list[Payload]:
    figures = command.figures
    content = DocumentContent(
        document_kind=command.document_kind,
        letter_number=letter_number(command.document_kind, number, command.office, command.recorded_on),
        subject=command.subject,
        from_place_id=figures.from_place_id,
        vehicle_place_id=figures.vehicle_place_id,
        to_place_id=figures.to_place_id,
        lines=figures.lines,
        issued_on=command.recorded_on,
    )
    given = NumberGiven(
        register_id=command.register_id,
        number=number,
        document_id=command.document_id,
        given_on=command.recorded_on,
    )
    issued = DocumentIssued(
        document_id=command.document_id,
        office=command.office,
        year=command.recorded_on.year,
        number=number,
        predecessors=command.predecessors,
        content=content,
        content_sha256=command.hash_of(content),
    )
    return [given, issued]


def decide_set_numbers_aside(states: States, command: SetNumbersAside) -> list[Payload] | Refusal:
    """Take the next numbers for paper; no more than a pad of them is out at a time."""
    register = states.find(Register, command.register_id) or Register(command.register_id, 0, 0)
    if len(register.set_aside) + command.count > SET_ASIDE_MAX:
        return Refusal(
            slug="numbers-set-aside-full",
            detail="%(open)d numbers of this register are out on paper and not entered yet.",
            next_step="Enter or cancel those letters first.",
            params={"open": len(register.set_aside)},
        )
    first = register.last + 1
    return [
        NumbersSetAside(
            register_id=command.register_id,
            first=first,
            last=register.last + command.count,
            set_aside_on=command.recorded_on,
        )
    ]


def evolve_register(register: Register | None, event: Event) -> Register:
    """The register after a number was given, or numbers were set aside."""
    before = replace(register or Register(event.ref.id, 0, 0), version=event.sequence)
    match event.payload:
        case NumberGiven() as said:
            left = tuple(number for number in before.set_aside if number != said.number)
            return replace(before, last=max(before.last, said.number), set_aside=left)
        case NumbersSetAside() as said:
            out = (*before.set_aside, *range(said.first, said.last + 1))
            return replace(before, last=said.last, set_aside=out)
    raise TypeError(f"{event.payload.type} after {before.version}")


def evolve_document(document: Document | None, event: Event) -> Document:
    """The letter after it was issued, signed, printed again or cancelled."""
    match event.payload:
        case DocumentIssued() as said if document is None:
            return Document(
                id=event.ref.id,
                version=event.sequence,
                document_kind=said.content.document_kind,
                office=said.office,
                year=said.year,
                number=said.number,
                content=said.content,
                content_sha256=said.content_sha256,
                predecessors=said.predecessors,
            )
        case DocumentSigned() as said if document is not None:
            return replace(
                document,
                version=event.sequence,
                signed_on=said.signed_on,
                scan_sha256=said.scan_sha256,
                scan_kept=said.scan_kept,
            )
        case DocumentReprinted() as said if document is not None:
            return replace(document, version=event.sequence, copies=said.copy_number)
        case DocumentCancelled() if document is not None:
            return replace(document, version=event.sequence, cancelled=True)
    raise TypeError(f"{event.payload.type} after {document and document.version}")
