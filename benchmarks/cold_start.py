"""Time of whole processes for a small table: training with cold and warm compile cache, predicting, --help.

Each contestant is a fresh Python process; they take turns, and medians are printed. `shoal train` also judges
the network by 5-fold cross-validation and writes model, history and report; the scikit-learn script reads
the table with pandas, trains an MLP, predicts, and keeps nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from machine import device, keep, load, options, show

HERE = Path(__file__).resolve().parent
TARGETS = {
    "shoal train, nothing cached": 4.0,
    "shoal train, compile cache warm": 2.0,
    "shoal predict, compile cache warm": 1.5,
    "shoal --help": 0.3,
}
"""Seconds that a process may take at most."""
_DOOR = "from shoal.cli.main import main; main()"  # what the console script does


@dataclass
class Contestant:
    """A command to be timed; `before` makes ready for each run, `seconds` are what the runs took."""

    name: str
    command: list[str]
    cache: Path
    before: Callable[[], object] = lambda: None
    seconds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run once, and note how long it took from start to end."""
        self.before()
        started = time.perf_counter()
        _finished(self.command, self.cache)
        self.seconds.append(time.perf_counter() - started)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    parser = options("cold_start", __doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="runs of each (default 5)")
    parser.add_argument("--profile", action="store_true", help="show where the time of training goes instead")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write_iris(folder / "iris.csv")
        if given.profile:
            figures = _profile(folder, given.quick)
        else:
            figures = _race(folder, 1 if given.quick else given.rounds)
    keep(given.json, "cold_start", figures, profile=given.profile, quick=given.quick)


def _write_iris(path: Path) -> None:
    from sklearn.datasets import load_iris

    iris = load_iris(as_frame=True)
    iris.data.assign(species=iris.target_names[iris.target]).to_csv(path, index=False)


def _finished(command: list[str], cache: Path) -> subprocess.CompletedProcess:
    """Run a command with the compile cache at `cache`, out of the way of the user's own."""
    done = subprocess.run(
        command,
        env={**os.environ, "SHOAL_CACHE": str(cache)},
        cwd=cache.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"This command failed: {' '.join(command)}\n{done.stderr}")
    return done


# ---------------------------------------------------------------- the race


def _race(folder: Path, rounds: int) -> dict:
    field_ = _field(folder)
    for contestant in field_:  # fills caches, Python's bytecode included
        contestant.run()
        contestant.seconds.clear()
    print(
        f"{device()}; seconds of a whole process for a table of 150 rows, median of {rounds} rounds\n{load()}"
    )
    for number in range(rounds):
        turn = number % len(field_)
        for contestant in field_[turn:] + field_[:turn]:
            contestant.run()
    rows = []
    for entry in field_:
        took, most = median(entry.seconds), TARGETS.get(entry.name)
        spread = f"{min(entry.seconds):.2f} to {max(entry.seconds):.2f}"
        said = "" if most is None else f"{'under' if took < most else 'OVER'} {most:g}"
        rows.append([entry.name, f"{took:.2f}", spread, said])
    show(["", "median", "range", "target"], rows)
    return {entry.name: [round(s, 4) for s in entry.seconds] for entry in field_}


def _field(folder: Path) -> list[Contestant]:
    cold, warm = folder / "cold", folder / "warm"
    shoal = [sys.executable, "-c", _DOOR]
    train = [*shoal, "train", "iris.csv", "--target", "species"]
    predict = [*shoal, "predict", "model.shoal", "iris.csv", "--out", "predictions.csv"]
    script = [sys.executable, str(HERE / "sklearn_script.py"), "iris.csv", "species"]

    def empty() -> None:
        shutil.rmtree(cold, ignore_errors=True)

    return [
        Contestant("shoal train, nothing cached", train, cold, empty),
        Contestant("shoal train, compile cache warm", [*train, "--model", "model.shoal"], warm),
        Contestant("shoal predict, nothing cached", predict, cold, empty),
        Contestant("shoal predict, compile cache warm", predict, warm),
        Contestant("shoal --help", [*shoal, "--help"], warm),
        Contestant("scikit-learn script: read, train, predict", script, warm),
        Contestant("python, doing nothing", [sys.executable, "-c", "pass"], warm),
    ]


# ---------------------------------------------------------------- where the time goes


def _profile(folder: Path, quick: bool) -> dict:
    """Print the stages of a cold and of a warm run of `shoal train`, and the imports by package."""
    train = ["train", "iris.csv", "--target", "species"]
    _stages(folder, train, folder / "first")  # fills Python's bytecode
    runs = 1 if quick else 3
    cold = [_stages(folder, train, folder / f"cold{i}") for i in range(runs)]
    warm = [_stages(folder, train, folder / "first") for _ in range(runs)]
    print(f"{device()}; where the seconds of shoal train go, 150 rows, medians of {runs}\n{load()}")
    names = list(dict.fromkeys(name for run in [*cold, *warm] for name in run))
    middle = {name: [median(run.get(name, 0.0) for run in kind) for kind in (cold, warm)] for name in names}
    rows = [[name, *(f"{s:.2f}" for s in pair)] for name, pair in middle.items()]
    show(["", "nothing cached", "cache warm"], rows)
    imports = _imports(train, folder / "first")
    print()
    show(["imports by package, slowed by being watched", "s"], [[n, f"{s:.2f}"] for n, s in imports.items()])
    return {"stages": middle, "imports": imports}


def _stages(folder: Path, train: list[str], cache: Path) -> dict[str, float]:
    out = folder / "stages.json"
    script, begin = [sys.executable, str(HERE / "timeline.py")], time.time()
    _finished([*script, repr(begin), str(out), *train], cache)
    ended, told = time.time(), json.loads(out.read_text())
    return {**told["stages"], "leaving Python": ended - told["left"], "whole process": ended - begin}


def _imports(train: list[str], cache: Path, shown: int = 9) -> dict[str, float]:
    """Return the seconds that modules of each package took themselves, the largest first."""
    done = _finished([sys.executable, "-X", "importtime", "-c", _DOOR, *train], cache)
    seconds: dict[str, float] = defaultdict(float)
    for own, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)", done.stderr):
        package = name.partition(".")[0].lstrip("_")
        seconds["standard library" if package in _STANDARD else package] += int(own) / 1e6
    order = sorted(seconds, key=lambda name: -seconds[name])
    rest = {"others": sum(seconds[name] for name in order[shown:])}
    return {**{name: round(seconds[name], 4) for name in order[:shown]}, **rest}


_STANDARD = {name.lstrip("_") for name in sys.stdlib_module_names}


if __name__ == "__main__":
    main()
