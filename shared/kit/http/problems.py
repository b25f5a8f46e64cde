"""Every error as RFC 9457 problem+json, in the reader's language, without anyone's input.

Owns the mapping from exceptions to problems and from problems to responses. Must not decide what is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.kit.database import is_unreachable
from shared.kit.errors import PROBLEM_MEDIA_TYPE, DomainError, NotFound, Problem, Unavailable
from shared.kit.http.validation import field_problems
from shared.kit.i18n import DEFAULT_LANGUAGE, Languages
from shared.kit.observe.tracing import current_request

log = structlog.get_logger()
INVALID = "content-invalid"

_BY_STATUS: Mapping[int, Problem] = {
    404: NotFound().problem,
    405: Problem(
        "method-not-allowed",
        405,
        detail="This address does not offer the method.",
        next_step="Use one of the methods in the header Allow.",
    ),
    400: Problem(
        "request-unreadable",
        400,
        detail="The request cannot be read.",
        next_step="Correct the sending program, then send again.",
    ),
}


def fault() -> Problem:
    """The problem of a fault of ours: it says only the request id, and that nothing was kept of the request."""
    return DomainError().problem


def of_exception(error: BaseException) -> Problem:
    """The problem an exception is told as. What is not expected is a fault, and says nothing of itself."""
    match error:
        case DomainError():
            return error.problem
        case _ if is_unreachable(error):
            return Unavailable().problem
        case _:
            return fault()


def of_validation(errors: Sequence[Mapping[str, Any]], languages: Languages) -> Problem:
    """The problem of content that does not fit its model: each place and what is expected there."""
    return Problem(
        INVALID,
        422,
        detail="The content does not fit what is expected.",
        next_step="Correct the places listed under errors, then send again.",
        errors=field_problems(errors, languages),
    )


def respond(problem: Problem, languages: Languages, *, extensions: Mapping[str, Any] | None = None) -> Response:
    """A problem as a response in the language of the request being answered."""
    language, instance = DEFAULT_LANGUAGE, None
    context = current_request()
    if context is not None:
        language, instance = context.language, f"urn:uuid:{context.request_id}"
    document = problem.render(lambda text: languages.translate(text, language), instance=instance)
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **problem.headers}
    if problem.status == 401:
        headers["WWW-Authenticate"] = _challenge(problem)
    return Response(
        orjson.dumps({**document, **(extensions or {})}),
        status_code=problem.status,
        headers=headers,
        media_type=PROBLEM_MEDIA_TYPE,
    )


class ProblemHandlers:
    """The exception handlers of an app."""

    def __init__(self, languages: Languages) -> None:
        self.languages = languages

    async def on_domain_error(self, _request: Request, error: Exception) -> Response:
        """Tell an expected failure."""
        return self.expected(error)

    def expected(self, error: Exception) -> Response:
        """An expected failure, told; one that is ours is logged, too."""
        problem = of_exception(error)
        if problem.status >= 500:
            log.error("request failed", exc_info=error, slug=problem.slug)
        return respond(problem, self.languages)

    async def on_invalid(self, _request: Request, error: Exception) -> Response:
        """Tell content that does not fit, without what was sent."""
        errors = cast(RequestValidationError, error).errors()
        return respond(of_validation(errors, self.languages), self.languages)

    async def on_http_error(self, _request: Request, error: Exception) -> Response:
        """Tell what the framework refused: unknown address, wrong method."""
        refused = cast(HTTPException, error)
        known = _BY_STATUS.get(refused.status_code)
        problem = known or _other(refused.status_code)
        response = respond(problem, self.languages)
        for name, value in (refused.headers or {}).items():
            response.headers[name] = value
        return response

    async def on_fault(self, error: Exception) -> Response:
        """Tell a fault by the request id alone; the log tells its type and places."""
        problem = of_exception(error)
        log.error("request failed", exc_info=error, slug=problem.slug)
        return respond(problem, self.languages)


def _other(status: int) -> Problem:
    return Problem(
        f"http-{status}",
        status,
        detail="The request cannot be answered.",
        next_step="Correct the request, then send again.",
    )


def _challenge(problem: Problem) -> str:
    # Source: RFC 6750, 3. A request without a token gets no error code.
    return "Bearer" if problem.slug == "token-missing" else 'Bearer error="invalid_token"'
