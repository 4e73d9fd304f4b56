"""What a search promises: killed at random moments it ends with the same table, on one core and on two alike.

Every search runs in fresh processes. For the kill test a process is killed (SIGKILL) after a random share of
the time that an unbroken one takes, and started again until it ends; the table must equal the unbroken
one's, each digit of it. 100 trivial settings are timed as a whole process, start of Python included.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from machine import keep, load, options, show

HERE = Path(__file__).resolve().parent
METHODS = ("random", "hyperband", "tpe", "genetic", "pbt")
KILLS = 30
TRIVIAL_SECONDS = 3.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    parser = options("sweep_promises", __doc__.splitlines()[0])
    parser.add_argument(
        "--kills", type=int, default=KILLS, metavar="N", help=f"random kills (default {KILLS})"
    )
    given = parser.parse_args(arguments)
    print(load(), end="")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        methods = METHODS[:1] if given.quick else METHODS
        whole = {name: _unbroken(name, folder, 2) for name in methods}
        single = {name: _unbroken(name, folder, 1) for name in methods}
        cores = {name: single[name][0] == whole[name][0] for name in methods}
        # with programs on disk a search takes the time of the second one
        whole = {name: (whole[name][0], min(whole[name][1], single[name][1])) for name in methods}
        kills = 2 if given.quick else given.kills
        equal: list[tuple[bool, int]] = []
        while sum(times for _, times in equal) < kills:
            seed = len(equal)
            equal.append(_killed(methods[seed % len(methods)], folder, whole, seed))
        trivial = [_unbroken("trivial", folder, 2)[1] for _ in range(1 if given.quick else 5)]
    show(
        ["search", "table on 1 core as on 2"],
        [[name, "same" if same else "OTHER"] for name, same in cores.items()],
    )
    struck = sum(times for _, times in equal)
    same_table = sum(same for same, _ in equal)
    print(f"{struck} kills in {len(equal)} searches: {same_table} ended with the same table")
    print(f"100 trivial settings, whole process: {median(trivial):.2f} s (at most {TRIVIAL_SECONDS})")
    figures = {
        "same_on_one_core": cores,
        "searches": len(equal),
        "kills": struck,
        "same_table": same_table,
        "trivial_seconds": trivial,
    }
    keep(given.json, "sweep_promises", figures, quick=given.quick)


def _unbroken(name: str, folder: Path, cores: int) -> tuple[str, float]:
    """Return the table of a search that nobody disturbs, and the seconds that it took."""
    started = time.perf_counter()
    done = subprocess.run(
        _command(name, "-", cores), capture_output=True, text=True, env=_env(folder), check=False
    )
    if done.returncode:
        raise SystemExit(f"The search '{name}' failed:\n{done.stderr}")
    return done.stdout, time.perf_counter() - started


def _killed(name: str, folder: Path, whole: dict[str, tuple[str, float]], seed: int) -> tuple[bool, int]:
    """Kill a search at random moments; return whether it ends with the same table, and the kills."""
    chance, times = random.Random(seed), 0
    expected, seconds = whole[name]
    store = folder / f"{name}-{seed}.db"
    while True:
        process = subprocess.Popen(
            _command(name, str(store), 2),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_env(folder),
        )
        try:
            # the first two sittings are cut short, whatever the chance
            out, said = process.communicate(
                timeout=chance.uniform(0.25, 0.8) * seconds if times < 2 else None
            )
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            times += 1
            continue
        if process.returncode:
            raise SystemExit(f"The search '{name}' failed when it was taken up:\n{said}")
        return out == expected, times


def _command(name: str, store: str, cores: int) -> list[str]:
    return [sys.executable, str(HERE / "sweep_script.py"), name, store, str(cores)]


def _env(folder: Path) -> dict[str, str]:
    return {**os.environ, "SHOAL_CACHE": str(folder / "cache")}


if __name__ == "__main__":
    main()
