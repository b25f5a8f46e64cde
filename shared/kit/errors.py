"""What a person or a program is told when something did not work.

Owns the problem of RFC 9457 and the domain error that carries one. Must not know HTTP's machinery, and
never holds personal data: a problem is shown, logged and stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.kit.decisions.types import Refusal

PROBLEM_MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:tanggap:problem:"

Translate = Callable[[str], str]

TITLES: Mapping[int, str] = {
    400: "The request cannot be understood",
    401: "Who is asking is not known",
    403: "Not allowed",
    404: "Not found",
    405: "This method is not offered here",
    406: "No offered format was asked for",
    408: "The request came too slowly",
    409: "A rule stands against it",
    411: "The length is missing",
    413: "The request is too large",
    414: "The address is too long",
    415: "The content type is not accepted here",
    422: "The content is not valid",
    429: "Too many requests",
    431: "The headers are too large",
    500: "A fault on our side",
    503: "Not available at the moment",
    507: "The storage is full",
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One place in a request that is not valid. `location` names the place, never the value found there."""

    location: str
    message: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem before it is put into somebody's language.

    `detail` and `next_step` are English message ids with `%(name)s` places filled from `params`.
    """

    slug: str
    status: int
    detail: str
    next_step: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    errors: Sequence[FieldProblem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The stable identifier of this kind of problem."""
        return TYPE_PREFIX + self.slug

    @classmethod
    def of_refusal(cls, refusal: Refusal) -> "Problem":
        """The problem that tells a refused command's sender which rule stands against it."""
        return cls(refusal.slug, refusal.status, refusal.detail, refusal.next_step, refusal.params)

    def render(self, translate: Translate, *, instance: str | None = None) -> dict[str, Any]:
        """The members of the problem document, in the language `translate` speaks."""
        document: dict[str, Any] = {
            "type": self.type,
            "title": translate(TITLES.get(self.status, TITLES[500 if self.status >= 500 else 400])),
            "status": self.status,
            "detail": fill(translate(self.detail), self.params),
            "next_step": fill(translate(self.next_step), self.params),
        }
        if instance is not None:
            document["instance"] = instance
        if self.errors:
            document["errors"] = [
                {"location": error.location, "message": fill(translate(error.message), error.params)}
                for error in self.errors
            ]
        return document


class DomainError(Exception):
    """An expected failure with a stable slug, what happened, and what to do next.

    Subclasses set the four class attributes; an instance gives the values of the message's places. The
    values are shown and logged: ids, counts and dates only.
    """

    slug: ClassVar[str] = "fault"
    status: ClassVar[int] = 500
    detail: ClassVar[str] = "Something failed that should not have failed."
    next_step: ClassVar[str] = "Try again later, and report the request id if it happens again."

    def __init__(self, **params: str | int) -> None:
        super().__init__(self.slug)
        self.params = params

    @property
    def problem(self) -> Problem:
        """What the sender is told."""
        return Problem(self.slug, self.status, self.detail, self.next_step, self.params)

    def __str__(self) -> str:
        return f"{self.slug}: {fill(self.detail, self.params)}"


class ProblemError(DomainError):
    """A domain error made from a problem that was stated elsewhere: a refusal, or the checks of a request."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(**problem.params)
        self._problem = problem

    @property
    def problem(self) -> Problem:
        """What the sender is told."""
        return self._problem

    def __str__(self) -> str:
        return f"{self._problem.slug}: {fill(self._problem.detail, self._problem.params)}"


class Unavailable(DomainError):
    """Something the answer needs cannot be reached now: nothing was kept, the same request may be sent again."""

    slug = "unavailable"
    status = 503
    detail = "The service cannot reach its database at the moment. Nothing was kept."
    next_step = "Send the same request again in a few seconds, with the same key."

    @property
    def problem(self) -> Problem:
        """What the sender is told, with the time after which trying again makes sense."""
        return Problem(self.slug, self.status, self.detail, self.next_step, headers={"Retry-After": "2"})


class NotFound(DomainError):
    """Nothing stands under the id that was asked for."""

    slug = "not-found"
    status = 404
    detail = "Nothing is found at this address."
    next_step = "Check the address and the id in it."


def fill(message: str, params: Mapping[str, str | int]) -> str:
    """A message with its `%(name)s` places filled."""
    return message % params if params else message.replace("%%", "%")
