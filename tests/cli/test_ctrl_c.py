"""Ctrl-C waits where it would crash the process or be forgotten."""

from __future__ import annotations

import gc
import importlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shoal.cli import ctrl_c


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ctrl_c.listen()
    yield
    signal.signal(signal.SIGINT, before)


def test_while_a_module_is_loaded_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "struck_module.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\ndone = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("struck_module")
    assert module.done
    with pytest.raises(KeyboardInterrupt):
        time.sleep(10)


def test_in_the_garbage_collector_it_is_not_forgotten() -> None:
    def _xla_gc_callback(*_: object) -> None:
        gc.callbacks.remove(_xla_gc_callback)
        signal.raise_signal(signal.SIGINT)

    gc.callbacks.append(_xla_gc_callback)
    gc.collect()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(10)


def test_elsewhere_it_strikes_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_who_ignores_it_goes_on_ignoring_it() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctrl_c.listen()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
