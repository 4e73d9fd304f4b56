"""Ctrl-C on the command line: never lost, and never raised where it would crash the process.

While an extension module is loaded, an exception raised by a signal aborts the process; in the function that
JAX has called by Python's garbage collector, it is printed and forgotten. Ctrl-C waits for both to be over.
"""

from __future__ import annotations

import _thread
import signal
import threading
import time
from types import FrameType

_AGAIN_SECONDS = 0.05


def listen() -> None:
    """Take over Ctrl-C, unless whoever started the process has decided otherwise."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _struck)


def _struck(number: int, frame: FrameType | None) -> None:
    if _must_wait(frame):
        # A bare thread takes no locks, of which the frame that was struck may hold any.
        _thread.start_new_thread(_again, (number,))
        return
    raise KeyboardInterrupt


def _again(number: int) -> None:
    time.sleep(_AGAIN_SECONDS)
    if hasattr(signal, "pthread_kill"):  # wakes the main thread where it waits
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


def _must_wait(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib") or code.co_name == "_xla_gc_callback":
            return True
        frame = frame.f_back
    return False
