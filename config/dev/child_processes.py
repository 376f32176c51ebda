"""Child processes that end with their parent, and whether one has ended."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h: the signal that this process gets when its parent dies."""


def die_with_parent(wish: signal.Signals) -> Callable[[], None] | None:
    """Return what a new process has to call so that it gets `wish` when its parent dies; None where that cannot be had.

    For `preexec_fn`, which runs after the change of user: that change would undo the request (prctl(2)).
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(wish))
        if os.getppid() != parent:
            os.kill(os.getpid(), wish)

    return ask


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a process has ended, without the lock that `Popen.poll` takes.

    The signal that ends a run may strike in `poll`, between taking the lock and the block that gives it back; whoever
    waits for that process then waits for ever (seen with Python 3.11.7).
    """
    if process.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # somebody else has asked already
        return True
