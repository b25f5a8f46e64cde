"""What officers confirm on the spot: casualties by documents, damage classes by survey.

Owns the order in which they do, in two rounds with a change of the benefit rules between. Must not touch claims.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from tanggap.flood.plan import Casualty, Survey
from tanggap.flood.stage import Stage

AT_ONCE = 8


class Verifying:
    """The surveyors at work."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._count = 0

    async def round(self, casualties: Sequence[Casualty], surveys: Sequence[Survey]) -> None:
        """Confirm these, or reject those that turn out to be nothing."""
        await asyncio.gather(
            *(self._casualty(one) for one in casualties),
            *(self._house(one.damage_id, one.damage_class) for one in surveys),
        )

    async def afterwards(self) -> None:
        """What is corrected later: a missing person was found dead."""
        for casualty in self._stage.world.casualties:
            if casualty.later_kind is not None:
                path = f"/v1/casualties/{casualty.casualty_id}/verification"
                body = {"document_count": 2, "casualty_kind": casualty.later_kind}
                await self._ask(path, body, "later", casualty.casualty_id)

    async def raise_classes(self) -> None:
        """A second survey finds worse damage than the first did."""
        for survey in self._stage.world.surveys:
            if survey.raised_to is not None:
                await self._house(survey.damage_id, survey.raised_to)

    async def _casualty(self, casualty: Casualty) -> None:
        if casualty.confirmed:
            path = f"/v1/casualties/{casualty.casualty_id}/verification"
            await self._ask(path, {"document_count": 2}, "casualty", casualty.casualty_id)
        else:
            path = f"/v1/casualties/{casualty.casualty_id}/rejection"
            await self._ask(path, {"reason": "reported_in_error"}, "casualty", casualty.casualty_id)

    async def _house(self, damage_id: str, damage_class: str) -> None:
        path = f"/v1/damage/{damage_id}/verification"
        await self._ask(path, {"damage_class": damage_class}, "damage", damage_class, damage_id)

    async def _ask(self, path: str, body: dict[str, Any], *key: str) -> None:
        async with self._turn:
            surveyors = self._stage.cast.surveyors
            actor = surveyors[self._count % len(surveyors)]
            self._count += 1
            await self._stage.must("victims", actor, path, self._stage.key(*key), body)
