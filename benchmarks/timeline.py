"""Runs one shoal command and writes down what every moment of it was spent on.

Started by ``cold_start.py --profile`` as ``python timeline.py BEGIN OUT ARGUMENTS...``: `BEGIN` is the time
at which the parent started this process, `OUT` the file for the seconds of each stage. Moments that belong
to several stages (threads) count for the first of `STAGES`.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import json
import sys
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

STAGES = (
    "imports",
    "loading compiled programs",
    "compiling",
    "tracing",
    "training steps",
    "reading the table",
    "saving model and report",
    "encoding, judging and the rest of training",
)
"""In the order of who a moment belongs to."""
_EVENTS = {
    "/jax/core/compile/jaxpr_trace_duration": "tracing",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "tracing",
    "/jax/core/compile/backend_compile_duration": "compiling",
    "/jax/compilation_cache/cache_retrieval_time_sec": "loading compiled programs",
}
_spans: dict[str, list[tuple[float, float]]] = defaultdict(list)


def main(begin: float, out: Path, arguments: list[str]) -> int:
    """Run the command, and write the seconds of each stage."""
    entered = time.time()
    _watch_imports()
    from shoal.cli.main import run

    if arguments[0] == "train":
        _watch_training()
    code = run(arguments)
    left = time.time()
    stages = {"starting Python": entered - begin, **attributed(_spans, entered, left)}
    out.write_text(json.dumps({"left": left, "stages": stages}))
    return code


def _watch_imports() -> None:
    """Note the outermost imports that take longer than a tenth of a millisecond."""
    plain, inside = builtins.__import__, [0]

    def noted(*args, **kwargs):
        if inside[0]:
            return plain(*args, **kwargs)
        inside[0], started = 1, time.time()
        try:
            return plain(*args, **kwargs)
        finally:
            inside[0], ended = 0, time.time()
            if ended - started > 1e-4:
                _spans["imports"].append((started, ended))

    builtins.__import__ = noted


def _watch_training() -> None:
    import jax.monitoring

    from shoal.cli import training
    from shoal.train.events import EpochsDone

    def event(name: str, seconds: float, **details) -> None:
        if name in _EVENTS:
            now = time.time()
            _spans[_EVENTS[name]].append((now - seconds, now))

    jax.monitoring.register_event_duration_secs_listener(event)

    def seen(said) -> None:
        if isinstance(said, EpochsDone):
            now = time.time()
            _spans["training steps"].append((now - said.seconds, now))

    train_table = _spanned(training.train_table, "encoding, judging and the rest of training")

    def watched(*args, on_event=None, **kwargs):
        def both(said) -> None:
            seen(said)
            if on_event is not None:
                on_event(said)

        return train_table(*args, on_event=both, **kwargs)

    training.train_table = watched
    training.read_table = _spanned(training.read_table, "reading the table")
    training.keep = _spanned(training.keep, "saving model and report")


def _spanned(function, stage: str):
    @functools.wraps(function)
    def spanned(*args, **kwargs):
        started = time.time()
        with contextlib.ExitStack() as after:
            after.callback(lambda: _spans[stage].append((started, time.time())))
            return function(*args, **kwargs)

    return spanned


def attributed(spans: dict[str, list[tuple[float, float]]], begin: float, end: float) -> dict[str, float]:
    """Share the time from `begin` to `end` out among the stages; a moment counts once, for the first of them.

    Examples
    --------
    >>> attributed({"imports": [(0.0, 2.0)], "tracing": [(1.0, 4.0)]}, 0.0, 5.0)
    {'imports': 2.0, 'tracing': 2.0, 'other': 1.0}
    """
    edges = sorted({begin, end, *(t for pairs in spans.values() for pair in pairs for t in pair)})
    seconds: dict[str, float] = defaultdict(float)
    for a, b in pairwise(edges):
        owner = (s for s in STAGES if any(x <= a and b <= y for x, y in spans.get(s, ())))
        if begin <= a and b <= end:
            seconds[next(owner, "other")] += b - a
    return {stage: seconds[stage] for stage in [*STAGES, "other"] if seconds.get(stage)}


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
