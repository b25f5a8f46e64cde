"""What can be wrong with a log, as errors that stop writing and signing.

Owns names and slugs. They are never answered to a client as a refusal of its command: a log that is behind or
forked is for an operator to repair (`tanggap audit import`), so each says what to do next.
"""


class LogError(Exception):
    """The log cannot be written or signed as it stands."""

    slug = "log-broken"
    next_step = "Run `tanggap audit verify` on an export and restore the log from a replica or an archive."


class LogBehind(LogError):
    """Something outside the database has seen more of the log than the database holds: an older backup runs."""

    slug = "log-behind"
    next_step = "Bring the missing leaves back with `tanggap audit import`, then start again."


class LogForked(LogError):
    """The database's log contradicts a checkpoint that was signed before."""

    slug = "log-forked"
    next_step = "Do not write. Keep the database and the checkpoint as evidence and restore from an archive."


class LogDamaged(LogError):
    """The log's own parts disagree: an entry is missing, or a tile does not fit its checkpoint."""

    slug = "log-damaged"


class StreamIncomplete(LogError):
    """The broker's streams do not hold every leaf that is missing: trimmed, damaged, or never sent."""

    slug = "stream-incomplete"
    next_step = "Import an export or a replica's log first; the streams then bring what came after it."


class LogEmpty(LogError):
    """The log has not been opened yet, or nothing of it is signed."""

    slug = "log-empty"
    next_step = "Start the service once: it opens the log and signs it."


class KeyProblem(LogError):
    """The log's signing key is missing, readable by others, or belongs to another log."""

    slug = "log-key"
    next_step = "Put the log's own key back into the keys directory, readable by the service alone (mode 0600)."
