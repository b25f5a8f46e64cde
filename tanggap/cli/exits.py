"""What a command's exit code tells the shell; docs/cli.md says the same and a test compares."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command. 75 is `EX_TEMPFAIL` of BSD's sysexits.h."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    NOT_ALLOWED = 4
    AUDIT_MISMATCH = 5
    CONFLICT = 6
    TRY_AGAIN = 75


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "not done; the error says why and what to do next",
    Exit.USAGE: "the command line was wrong; nothing was done",
    Exit.PARTLY: "done in part; the answer says which part is missing",
    Exit.NOT_ALLOWED: "the token or account may not do this",
    Exit.AUDIT_MISMATCH: "an audit found a difference; the answer names the first one",
    Exit.CONFLICT: "the state changed or the key was used meanwhile; look again before repeating",
    Exit.TRY_AGAIN: "a server was not reachable in time; repeating the same command is safe",
}


def exit_of_status(status: int) -> Exit:
    """The exit code that stands for an HTTP status."""
    if status in (401, 403):
        return Exit.NOT_ALLOWED
    if status in (409, 412):
        return Exit.CONFLICT
    if status in (429, 502, 503, 504):
        return Exit.TRY_AGAIN
    return Exit.OK if status < 400 else Exit.FAILED
