"""Child processes that end with their parent, and whether one has ended."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h: the signal that this process gets when the thread that started it ends, or its whole parent."""


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a new process has to call to get this signal when its parent dies; None where there is no way.

    For `preexec_fn`, which runs after the change of user; the change would cancel the request (prctl(2)).

    Raises:
        RuntimeError: the calling thread is not the main one, and may end before this process does.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Start it in the main thread: it ends with the thread that started it.")
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def request_signal() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return request_signal


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process has ended, without the lock that `Popen.poll` takes.

    The signal that ends a run may arrive in `poll` after it has taken the lock and before the block that releases it.
    Then `wait` blocks for ever (seen with Python 3.11.7).
    """
    if process.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # already waited for
        return True
