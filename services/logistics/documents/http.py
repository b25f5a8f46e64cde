"""The doors for letters: issued, printed, signed, printed again, cancelled; the register; the check of a paper.

Owns request models and answers. Must not decide anything.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.logistics.access import PLACE_SCOPE
from services.logistics.documents import changing, domain, queries
from services.logistics.documents.changing import ChangeDocument
from services.logistics.documents.content import hash_of
from services.logistics.documents.domain import Figures
from services.logistics.documents.figures import figures_of, units_of, with_units
from services.logistics.documents.kinds import register_id
from services.logistics.documents.paper import Letter, render
from services.logistics.doors import Asked, Body, CommandKey, OfficeReader, Requester
from shared.contracts.documents import (
    PREDECESSORS_MAX,
    ROWS_MAX,
    SET_ASIDE_MAX,
    DocumentCancellation,
    DocumentContent,
    DocumentKind,
    DocumentLine,
    ScanKept,
)
from shared.contracts.ids import DocumentId, PlaceId, Slug, Subject, SubjectText, UuidText
from shared.contracts.shipments import Signature
from shared.contracts.values import Number, Sha256
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Ref
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.i18n import DEFAULT_LANGUAGE, Languages
from shared.kit.runtime import Runtime


class LetterStated(Body):
    """A letter to issue. Without lines its figures are its subject's: of a request, shipment, return, hand-over, count.

    `number` is given for a letter that was written by hand under a number set aside for paper.
    """

    document_id: UuidText = Field(default_factory=clock.new_id)
    document_kind: DocumentKind
    office: Slug
    subject: SubjectText
    predecessors: tuple[UuidText, ...] = Field(default=(), max_length=PREDECESSORS_MAX)
    lines: tuple[DocumentLine, ...] | None = Field(default=None, max_length=ROWS_MAX)
    from_place_id: Slug | None = None
    to_place_id: Slug | None = None
    number: Number | None = None


class NumbersStated(Body):
    """How many numbers an office takes for letters written by hand."""

    document_kind: DocumentKind
    office: Slug
    count: Annotated[int, Field(strict=True, ge=1, le=SET_ASIDE_MAX)]


class SigningStated(Body):
    """The signed paper's scan by its hash; the file is kept in the vault or in the office's archive."""

    signatures: tuple[Signature, ...] = Field(min_length=1, max_length=6)
    scan_sha256: Sha256
    scan_kept: ScanKept


class CancellationStated(Body):
    """Why the letter does not hold."""

    reason: DocumentCancellation


def documents_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/documents`."""
    router = APIRouter(prefix="/v1/documents", tags=["documents"])
    _issuing(router, runtime)
    _changing(router, runtime)
    _reading(router, runtime)
    _printing(router, runtime)
    return router


def _issuing(router: APIRouter, runtime: Runtime) -> None:
    @router.post("", status_code=201, summary="Number and print a letter")
    async def issue(request: Request, body: LetterStated, principal: Requester, key: CommandKey) -> Response:
        """The register of the office, kind and year gives the next number."""
        principal.demand(PLACE_SCOPE, body.office)
        command = domain.IssueDocument(
            document_id=DocumentId(body.document_id),
            document_kind=body.document_kind,
            office=body.office,
            subject=Subject(body.subject),
            predecessors=tuple(DocumentId(id_) for id_ in body.predecessors),
            figures=await _figures(runtime, body),
            hash_of=hash_of,
            recorded_on=runtime.today(),
            number=body.number,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post(":set-numbers-aside", status_code=201, summary="Take numbers for letters written by hand")
    async def set_aside(request: Request, body: NumbersStated, principal: Requester, key: CommandKey) -> Response:
        """Each is missing from the register until its letter is entered."""
        principal.demand(PLACE_SCOPE, body.office)
        today = runtime.today()
        register = register_id(body.document_kind, today.year, body.office)
        command = domain.SetNumbersAside(register, body.count, today)
        return await office_command(runtime, request, principal, key, command)


async def _figures(runtime: Runtime, body: LetterStated) -> Figures:
    """The letter's figures: stated, or its subject's.

    Raises: NotFound where neither is there.
    """
    async with runtime.database.reading() as connection:
        if body.lines is not None:
            found: Figures | None = Figures(
                body.lines,
                from_place_id=PlaceId(body.from_place_id) if body.from_place_id is not None else None,
                to_place_id=PlaceId(body.to_place_id) if body.to_place_id is not None else None,
            )
        else:
            found = await figures_of(connection, Ref.from_subject(body.subject), body.document_kind)
        if found is None:
            raise NotFound
        units = await units_of(connection, [line.item_code for line in found.lines])
    return Figures(with_units(found.lines, units), found.from_place_id, found.vehicle_place_id, found.to_place_id)


def _changing(router: APIRouter, runtime: Runtime) -> None:
    async def change(request: Request, principal: Principal, key: str, command: ChangeDocument) -> Response:
        found = await _document(runtime, command.document_id)
        principal.demand(PLACE_SCOPE, found["office"])
        return await office_command(runtime, request, principal, key, command)

    @router.post("/{document_id}/signing", status_code=201, summary="Put the scan of a signed letter on record")
    async def sign(
        request: Request, document_id: UuidText, body: SigningStated, principal: Requester, key: CommandKey
    ) -> Response:
        """Only the scan's hash is kept here."""
        of = (DocumentId(document_id), runtime.today())
        command = changing.SignDocument(*of, body.signatures, body.scan_sha256, body.scan_kept)
        return await change(request, principal, key, command)

    @router.post("/{document_id}/reprints", status_code=201, summary="Print a letter again, marked SALINAN")
    async def reprint(request: Request, document_id: UuidText, principal: Requester, key: CommandKey) -> Response:
        """Each print after the first carries its count."""
        command = changing.ReprintDocument(DocumentId(document_id), runtime.today())
        return await change(request, principal, key, command)

    @router.post("/{document_id}/cancellation", status_code=201, summary="Cancel a letter; its number stays")
    async def cancel(
        request: Request, document_id: UuidText, body: CancellationStated, principal: Requester, key: CommandKey
    ) -> Response:
        """The number is not given again."""
        command = changing.CancelDocument(DocumentId(document_id), runtime.today(), body.reason)
        return await change(request, principal, key, command)


def _reading(router: APIRouter, runtime: Runtime) -> None:
    @router.get("", summary="List letters by register, or what the registers lack")
    async def list_documents(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        _: OfficeReader,
        kind: DocumentKind | None = None,
        office: Slug | None = None,
        subject: SubjectText | None = None,
        missing: bool = False,
    ) -> Response:
        """With `missing`: numbers out on paper without their letter, and letters that nobody signed."""
        async with runtime.database.reading() as connection:
            if missing:
                after = asked.key(str, int)
                rows, as_of = await queries.missing(
                    connection, kind=kind, office=office, after=after, limit=asked.limit
                )
                return page(request, asked, rows, lambda row: (row["register_id"], row["number"]), as_of=as_of)
            rows, as_of = await queries.documents(
                connection,
                kind=kind,
                office=office,
                subject=subject,
                after=asked.key(str, int, str, int),
                limit=asked.limit,
            )
        names = ("document_kind", "year", "office", "number")
        return page(request, asked, rows, lambda row: tuple(row[name] for name in names), as_of=as_of)

    @router.get("/{document_id}", summary="Show a letter")
    async def show_document(document_id: UuidText, _: OfficeReader) -> dict[str, Any]:
        return await _document(runtime, document_id)

    @router.get("/{document_id}/check", summary="Compare a paper in hand with the log")
    async def check(
        document_id: UuidText, _: OfficeReader, hash_: Annotated[Sha256, Query(alias="hash")]
    ) -> dict[str, Any]:
        """`genuine` where the hash on the paper is that of the letter; a cancelled letter may be genuine and void."""
        found = await _document(runtime, document_id)
        return {
            "genuine": found["content_sha256"] == hash_,
            "cancelled": found["cancelled"],
            "signed": "signed_on" in found,
            "letter_number": found["content"]["letter_number"],
        }


def _printing(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/{document_id}/pdf", summary="The letter as a page to print")
    async def pdf(
        request: Request, document_id: UuidText, _: OfficeReader, copy: Annotated[int | None, Query(ge=0)] = None
    ) -> Response:
        """The last print that was asked for, or an earlier copy; after a reprint the first is not given out again."""
        found = await _document(runtime, document_id)
        copy_number = found["copies"] if copy is None else copy
        if copy_number > found["copies"] or (copy_number == 0 and found["copies"]):
            raise NotFound
        async with runtime.database.reading() as connection:
            before = await queries.letter_numbers(connection, found["predecessors"])
        languages: Languages = request.app.state.languages
        letter = Letter(
            document_id=document_id,
            content=DocumentContent.model_validate(found["content"]),
            content_sha256=found["content_sha256"],
            office=found["office"],
            predecessors=before,
            copy_number=copy_number,
            cancelled=found["cancelled"],
            # What is signed in Indonesia is in Indonesian, whatever the reader prefers.
            translate=lambda text: languages.translate(text, DEFAULT_LANGUAGE),
        )
        name = f'inline; filename="{found["document_kind"]}-{found["number"]}.pdf"'
        return Response(render(letter), media_type="application/pdf", headers={"Content-Disposition": name})


async def _document(runtime: Runtime, document_id: str) -> dict[str, Any]:
    """One letter. Raises: NotFound."""
    async with runtime.database.reading() as connection:
        found = await queries.document_by_id(connection, document_id)
    if found is None:
        raise NotFound
    return found
