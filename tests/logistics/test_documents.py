"""Letters: numbers without gaps, the order of kinds, signed scans, copies, cancellation, and the printed page."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.logistics.documents.changing import CancelDocument, ReprintDocument, SignDocument
from services.logistics.documents.content import hash_of
from services.logistics.documents.domain import Document, Figures, IssueDocument, Register, SetNumbersAside
from services.logistics.documents.kinds import FOLLOWS, letter_number, register_id
from services.logistics.documents.paper import Letter, render
from shared.contracts.documents import (
    DocumentCancellation,
    DocumentContent,
    DocumentIssued,
    DocumentKind,
    DocumentLine,
    NumberGiven,
    ScanKept,
)
from shared.contracts.ids import ActorId, DocumentId, ItemCode, Subject
from shared.contracts.shipments import Signature, SignerRole
from shared.kit.decisions.types import Ref
from tests.logistics.builders import TODAY, new_id
from tests.logistics.story import Story, only

OFFICE = "dinsos-kalteng"
LINE = DocumentLine(item_code=ItemCode("beras"), quantity=100)


def issue(kind: DocumentKind = DocumentKind.SURAT_JALAN, *predecessors: str, **changes: Any) -> IssueDocument:
    written: dict[str, Any] = {
        "document_id": DocumentId(new_id()),
        "office": OFFICE,
        "subject": Subject("shipment/01936f5e-3a0a-700a-800a-0c0ffee0000a"),
        "figures": Figures((LINE,)),
        "recorded_on": TODAY,
        **changes,
    }
    before = tuple(DocumentId(id_) for id_ in predecessors)
    return IssueDocument(document_kind=kind, predecessors=before, hash_of=hash_of, **written)


def signing(document_id: str, scan: str = "ab" * 32) -> SignDocument:
    signature = Signature(role=SignerRole.RECEIVER, signer_id=ActorId("petugas-7"))
    return SignDocument(DocumentId(document_id), TODAY, (signature,), scan, ScanKept.OFFICE_ARCHIVE)


def printed(story: Story, command: IssueDocument) -> DocumentIssued:
    return only(story.accepted(command), DocumentIssued)


def test_a_register_gives_the_next_number_of_its_kind_office_and_year() -> None:
    """Another office, kind or year counts for itself."""
    story = Story()
    numbers = [printed(story, issue()).content.letter_number for _ in range(3)]
    assert numbers == [f"00{number}/SJ/DINSOS-KALTENG/XI/2026" for number in (1, 2, 3)]
    assert printed(story, issue(office="gudang-kasongan")).number == 1
    assert printed(story, issue(DocumentKind.SPPB)).number == 1
    assert printed(story, issue(recorded_on=date(2027, 1, 4))).content.letter_number == "001/SJ/DINSOS-KALTENG/I/2027"


def test_a_letter_follows_letters_of_kinds_before_it() -> None:
    """Request, disposition, order, delivery note, hand-over, recipients: each rests on the one before."""
    story = Story()
    chain = [
        DocumentKind.SURAT_PERMOHONAN,
        DocumentKind.DISPOSISI,
        DocumentKind.SPPB,
        DocumentKind.SURAT_JALAN,
        DocumentKind.BAST,
        DocumentKind.DAFTAR_PENERIMA,
    ]
    before: list[str] = []
    for kind in chain:
        story.given(command := issue(kind, *before[-1:]))
        before.append(command.document_id)
    assert story.refused(issue(DocumentKind.SPPB, before[-1])) == "document-out-of-order"
    assert story.refused(issue(DocumentKind.BAST, new_id())) == "document-out-of-order"
    story.given(CancelDocument(DocumentId(before[3]), TODAY, DocumentCancellation.WRONG_CONTENT))
    assert story.refused(issue(DocumentKind.BAST, before[3])) == "document-out-of-order"


def test_an_inbound_chain_ends_in_the_same_kind() -> None:
    """Covering letter, inspection, hand-over."""
    assert DocumentKind.BA_PEMERIKSAAN in FOLLOWS[DocumentKind.BAST]
    assert FOLLOWS[DocumentKind.BA_PEMERIKSAAN] == {DocumentKind.SURAT_PENGANTAR}


def test_numbers_out_on_paper_are_missing_until_their_letters_are_entered() -> None:
    """A pad of five goes to a place without network; the office goes on after it."""
    story = Story()
    register = register_id(DocumentKind.SURAT_JALAN, TODAY.year, OFFICE)
    story.given(issue(), SetNumbersAside(register, 5, TODAY))
    assert printed(story, issue()).number == 7
    assert story.state(Register, register).set_aside == (2, 3, 4, 5, 6)
    story.given(issue(number=3))
    assert story.state(Register, register).set_aside == (2, 4, 5, 6)
    assert story.refused(issue(number=3)) == "number-not-set-aside"
    assert story.refused(issue(number=9)) == "number-not-set-aside"
    assert story.refused(SetNumbersAside(register, 97, TODAY)) == "numbers-set-aside-full"


@given(st.lists(st.sampled_from(["issue", "aside", "paper", "cancel"]), max_size=40))
def test_every_number_up_to_the_last_is_a_letter_or_known_to_be_out(steps: list[str]) -> None:
    """Whatever is done, a register has no gap it does not know of and gives no number twice."""
    story, register = Story(), register_id(DocumentKind.SURAT_JALAN, TODAY.year, OFFICE)
    issued: list[str] = []
    for step in steps:
        book = story.states.get(Ref("register", register))
        if step == "issue":
            story.accepted(command := issue())
            issued.append(command.document_id)
        elif step == "aside":
            story.when(SetNumbersAside(register, 3, TODAY))
        elif step == "paper" and book is not None and book.set_aside:
            story.accepted(issue(number=book.set_aside[-1]))
        elif step == "cancel" and issued:
            story.when(CancelDocument(DocumentId(issued[-1]), TODAY, DocumentCancellation.NOT_NEEDED))
    given_out = [event.payload.number for event in story.events if isinstance(event.payload, NumberGiven)]
    book = story.state(Register, register) if story.events else Register(register, 0, 0)
    assert sorted([*given_out, *book.set_aside]) == list(range(1, book.last + 1))


def test_a_letter_of_too_many_rows_is_written_as_several() -> None:
    """A store of a thousand lots does not fit on one paper."""
    assert Story().refused(issue(figures=Figures((LINE,) * 1001))) == "letter-too-long"


def test_a_signed_letter_keeps_the_hash_of_its_one_scan() -> None:
    """The same scan told again changes nothing; another one is a question."""
    story = Story()
    story.given(command := issue(), signing(command.document_id))
    assert story.state(Document, command.document_id).scan_kept is ScanKept.OFFICE_ARCHIVE
    assert story.accepted(signing(command.document_id)) == []
    assert story.refused(signing(command.document_id, "cd" * 32)) == "document-signed-already"
    assert story.refused(signing(new_id())) == "document-unknown"


def test_a_cancelled_letter_keeps_its_number_and_takes_no_signature() -> None:
    """The register shows that it was there."""
    story = Story()
    story.given(command := issue())
    story.given(CancelDocument(command.document_id, TODAY, DocumentCancellation.PAPER_SPOILED))
    assert story.refused(signing(command.document_id)) == "document-cancelled"
    assert story.refused(ReprintDocument(command.document_id, TODAY)) == "document-cancelled"
    assert printed(story, issue()).number == 2


def test_each_print_after_the_first_is_counted() -> None:
    """A second original would be a second delivery."""
    story = Story()
    story.given(command := issue())
    for copies in (1, 2):
        story.given(ReprintDocument(command.document_id, TODAY))
        assert story.state(Document, command.document_id).copies == copies


def page(copy_number: int = 0, *, lines: int = 1, words: dict[str, str] | None = None) -> bytes:
    content = DocumentContent(
        document_kind=DocumentKind.SURAT_JALAN,
        letter_number=letter_number(DocumentKind.SURAT_JALAN, 12, OFFICE, TODAY),
        subject=Subject("shipment/01936f5e-3a0a-700a-800a-0c0ffee0000a"),
        lines=(LINE,) * lines,
        issued_on=TODAY,
    )
    letter = Letter(
        document_id="01936f5e-3a61-7061-8061-0c0ffee00061",
        content=content,
        content_sha256=hash_of(content),
        office=OFFICE,
        predecessors=(),
        copy_number=copy_number,
        cancelled=False,
        translate=lambda text: (words or {}).get(text, text),
    )
    return render(letter)


def test_a_letter_is_the_same_bytes_whenever_it_is_printed() -> None:
    """Two prints can be compared; a copy is another paper."""
    assert page() == page()
    assert page().startswith(b"%PDF-")
    assert page(1) != page()
    assert page(1, words={"COPY": "SALINAN"}) != page(1)


def test_a_long_letter_goes_on_over_several_pages() -> None:
    """Two hundred rows do not fit on one sheet."""
    assert page(lines=200).count(b"/Type /Page\n") > 4
