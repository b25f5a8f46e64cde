"""Execs a program that must not outlive the process that started it, under an account it agrees to run as.

Run as a script: ``python -I -S leash.py PARENT_PID SIGNAL UID GID KEEP_ACCESS -- PROGRAM ARGUMENTS...``.
It imports the standard library only, so that starting it takes a few milliseconds, and must not import the project.

Linux: the kernel sends SIGNAL when the parent's starting *thread* ends (prctl PR_SET_PDEATHSIG), so a program must be
started from a thread that lives as long as it should. Elsewhere the script stays behind and watches its parent.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
LINUX_CAPABILITY_VERSION_3 = 0x20080522
WATCH_INTERVAL_S = 0.2


def prctl(*arguments: int) -> None:
    """Calls prctl(2); raises OSError when the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:5]]
    if libc.prctl(*padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def keep_capability(capability: int) -> None:
    """Makes one capability survive the coming exec of a process that is no longer root (man 7 capabilities)."""
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable: low, then high words
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, sets) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def become(uid: int, gid: int, *, keep_access: bool) -> None:
    """Gives up root for the account; may keep read access to folders only root may enter, such as /root."""
    keep_access = keep_access and sys.platform == "linux"
    if keep_access:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if not keep_access:
        return
    try:
        keep_capability(CAP_DAC_READ_SEARCH)
    except OSError:  # containers usually hold only the wider one
        keep_capability(CAP_DAC_OVERRIDE)


def watch(parent: int, ending: int, program: list[str]) -> int:
    """Stands between parent and program where the kernel has no parent-death signal (macOS)."""
    child = subprocess.Popen(program, close_fds=False)
    for forwarded in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(forwarded, lambda number, _frame: child.send_signal(number))
    while child.poll() is None:
        if os.getppid() != parent:
            child.send_signal(ending)
            return child.wait()
        time.sleep(WATCH_INTERVAL_S)
    return child.returncode


def main(arguments: list[str]) -> int:
    """Ties itself to the parent, becomes the wanted account and turns into the program."""
    parent, ending, uid, gid, keep_access = (int(argument) for argument in arguments[:5])
    program = arguments[6:]
    if uid != os.geteuid():
        become(uid, gid, keep_access=bool(keep_access))
    if sys.platform != "linux":
        return watch(parent, ending, program)
    prctl(PR_SET_PDEATHSIG, ending)  # after become: a change of account clears it
    if os.getppid() != parent:  # the parent died before the kernel was asked
        return 1
    os.execv(program[0], program)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
