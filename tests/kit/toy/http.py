"""The toy's doors."""

from collections.abc import Sequence

from fastapi import APIRouter


def routers(runtime: object) -> Sequence[APIRouter]:
    return ()
