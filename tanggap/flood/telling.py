"""How far a flood is, for the person waiting.

Owns the words and the bar on standard error. Never writes to standard output, which belongs to the answer.
"""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

# Indonesian first, English second, as everything the box says.
PARTS = {
    "preparing": "menyiapkan · preparing",
    "registering": "posko mendata · posts register",
    "verifying": "petugas memeriksa · officers verify",
    "approve": "penyetuju memutuskan · an approver decides",
    "allocate": "gudang mengalokasikan · stores allocate",
    "take-over": "provinsi mengambil alih · the province takes over",
    "approve-province": "penyetuju memutuskan untuk provinsi · decided for the province",
    "allocate-province": "gudang provinsi mengalokasikan · the province's stores allocate",
    "supplying": "bantuan dikirim dan dibagi · goods sent and handed out",
    "paying": "santunan dibayar · compensation paid",
    "checking": "memeriksa · checking",
}


class Telling:
    """A bar for each part of the flood where somebody watches, else a line when a part is done."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Telling":
        self._bars.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def progress(self, part: str, done: int, total: int) -> None:
        """So much of a part is done."""
        words = PARTS.get(part, part)
        if self._console.is_terminal:
            if part not in self._tasks:
                self._tasks[part] = self._bars.add_task(words, total=total)
            self._bars.update(self._tasks[part], completed=done, total=total)
        elif done == total:
            self._console.print(f"{words}: {done}", markup=False)

    def report(self, text: str) -> None:
        """Something happened that is to be seen."""
        self._console.print(text, markup=False)
