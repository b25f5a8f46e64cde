"""Services as processes that can be told to die at a step: the toys, or a real one by its name.

`TOY_KILL_AT=<step>:<n>` kills the process, as kill -9 does, the n-th time it reaches a step: one of the batch
decider's steps, or `before_append`, `after_append` of a batch to the stream.
"""

import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

from shared.kit.definition import ServiceDefinition
from shared.kit.observe.logging import configure_logging
from shared.kit.runtime import Runtime
from shared.kit.serve import serve
from shared.kit.settings import Settings
from shared.kit.streams.append import StreamAppender
from tests.kit.toy.service import MIRRORING, TOY

TOYS = {"toy": TOY, "mirror": MIRRORING}


def definition_of(name: str) -> ServiceDefinition:
    """A toy's definition, or that of `services/<name>`."""
    if name in TOYS:
        return TOYS[name]
    definition: ServiceDefinition = importlib.import_module(f"services.{name}.service").SERVICE
    return definition


def run(name: str) -> int:
    """Serve until stopped, or until the process dies as told."""
    settings = Settings()
    configure_logging(name, level=settings.log_level)
    runtime = Runtime(definition_of(name), settings)
    order = os.environ.get("TOY_KILL_AT")
    if order:
        step, _, count = order.partition(":")
        killer = _killer(step, int(count))
        runtime.observe = runtime.observe_consuming = killer
        _kill_around_append(killer)
    return serve(runtime)


def _killer(step: str, count: int) -> Callable[[str], None]:
    left = count

    def reach(reached: str) -> None:
        nonlocal left
        if reached != step:
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reach


def _kill_around_append(reach: Callable[[str], None]) -> None:
    append = StreamAppender.append

    async def watched(self: StreamAppender, *args: Any, **named: Any) -> Any:
        reach("before_append")
        result = await append(self, *args, **named)
        reach("after_append")
        return result

    StreamAppender.append = watched  # type: ignore[method-assign]
