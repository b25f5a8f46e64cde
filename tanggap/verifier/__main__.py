"""The verifier alone: `python -m tanggap.verifier DIR --key KEY`, for auditors who install nothing else of Tanggap.

Owns two commands on the standard library's argument parser: verify a folder, check a proof. The command `tanggap
audit` does the same and more.
"""

import argparse
import os
import sys
from pathlib import Path

from tanggap.verifier.archive import BadArchive
from tanggap.verifier.merkle import BadProof
from tanggap.verifier.notes import BadNote, Key, parse_key, read_checkpoint
from tanggap.verifier.proofs import check
from tanggap.verifier.verify import verify

OK, FAILED, SELF_CONSISTENT_ONLY, MISMATCH = 0, 1, 3, 5


def main() -> int:
    """Verify what the command line names and say so in words; the exit codes are those of `tanggap audit`."""
    parser = argparse.ArgumentParser(prog="python -m tanggap.verifier", description="Verify a log without its owner.")
    parser.add_argument("path", type=Path, help="an export's folder, or a proof's file")
    parser.add_argument("--key", action="append", default=[], help="a public key, or the file that holds one")
    parser.add_argument("--since", type=Path, help="a checkpoint kept from an earlier visit")
    arguments = parser.parse_args()
    try:
        keys = [load_key(text) for text in arguments.key]
        code, text = (
            _folder(arguments.path, keys, arguments.since) if arguments.path.is_dir() else _proof(arguments.path, keys)
        )
    except (BadArchive, BadNote, BadProof) as error:
        code, text = MISMATCH, str(error)
    except OSError as error:
        code, text = FAILED, f"cannot be read: {error.strerror}"
    sys.stdout.write(text + "\n")
    return code


def load_key(text: str) -> Key:
    """A public key given as its text or as the file that holds it. Raises: BadNote, OSError."""
    return parse_key(text if "+" in text and not Path(text).exists() else Path(text).read_text(encoding="utf-8"))


def _folder(directory: Path, keys: list[Key], since: Path | None) -> tuple[int, str]:
    seen = None
    if since is not None:
        seen = read_checkpoint(since.read_text(encoding="utf-8"), keys)
        if keys and not seen.signed_by:
            raise BadNote("the checkpoint to compare with is signed by none of the given keys")
    verdict = verify(directory, keys, since=seen, processes=os.cpu_count() or 1)
    lines = [f"{verdict.origin}: {verdict.size} entries, {verdict.checkpoints} checkpoints"]
    lines += [str(finding) for finding in verdict.findings]
    if verdict.findings:
        return MISMATCH, "\n".join([*lines, f"NOT as signed: first at position {verdict.first_bad_position}"])
    if not verdict.trusted:
        return SELF_CONSISTENT_ONLY, "\n".join([*lines, "self-consistent only: no key from outside was given"])
    return OK, "\n".join([*lines, "as signed"])


def _proof(file: Path, keys: list[Key]) -> tuple[int, str]:
    proven = check(file.read_text(encoding="utf-8"), keys)
    text = f"{proven.checkpoint.origin}: position {proven.position} of {proven.checkpoint.size}"
    if not proven.checkpoint.signed_by:
        return SELF_CONSISTENT_ONLY, f"{text}\nself-consistent only: no key from outside was given"
    return OK, f"{text}\nas signed"


if __name__ == "__main__":
    sys.exit(main())
