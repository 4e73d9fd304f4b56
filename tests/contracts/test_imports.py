"""What wakes what, seen in fresh interpreters: a start that is lazy stays lazy."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("jax", "jaxlib", "optax", "sklearn", "polars", "pandas", "rich", "numpy", "scipy", "yaml")


def woken(program: str) -> set[str]:
    """Run a program in a fresh interpreter and return which of `HEAVY` it imported."""
    report = f"\nimport sys, json; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program + report], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def cli(*arguments: str) -> str:
    """Return a program that runs one command line and swallows its exit."""
    return f"from shoal.cli.main import run; run({list(arguments)!r})"


def test_import_shoal_wakes_nothing() -> None:
    assert woken("import shoal") == set()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["train", "--help"], ["predict", "--help"], ["nonsense"]]
)
def test_help_wakes_nothing(arguments: list[str]) -> None:
    assert woken(cli(*arguments)) == set()


@pytest.mark.parametrize("room", ["data", "history", "report"])
def test_tables_histories_and_reports_do_without_jax(room: str) -> None:
    assert not woken(f"import shoal.{room}") & {"jax", "jaxlib", "optax", "sklearn", "pandas"}


def test_columns_are_shown_without_jax(penguins: Path) -> None:
    assert not woken(cli("columns", str(penguins), "--json")) & {
        "jax",
        "jaxlib",
        "optax",
        "sklearn",
        "pandas",
        "rich",
    }


@pytest.fixture(scope="module")
def training(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[str]]:
    """A model trained in a process of its own, and what that process imported."""
    folder = tmp_path_factory.mktemp("run")
    model = str(folder / "model.shoal")
    quick = ("--epochs", "1", "--hidden", "4", "--out", str(folder), "--model", model)
    return model, woken(cli("train", str(penguins), "-t", "species", *quick))


def test_training_does_without_scikit_learn_and_pandas(training: tuple[str, set[str]]) -> None:
    assert not training[1] & {"sklearn", "pandas", "scipy", "rich"}
    assert "jax" in training[1]


def test_predicting_does_without_the_trainers_dependencies_too(
    training: tuple[str, set[str]], penguins: Path
) -> None:
    found = woken(cli("predict", training[0], str(penguins)))
    assert not found & {"sklearn", "pandas", "scipy", "rich", "optax"}


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_model_is_described_without_jax(training: tuple[str, set[str]], more: list[str]) -> None:
    assert not woken(cli("info", training[0], *more)) & {
        "jax",
        "jaxlib",
        "optax",
        "sklearn",
        "pandas",
        "rich",
    }


def test_a_network_is_shown_without_scikit_learn_and_pandas(training: tuple[str, set[str]]) -> None:
    assert not woken(cli("show", training[0], "--json")) & {"sklearn", "pandas", "scipy", "rich"}


@pytest.mark.parametrize("command", ["explain", "backprop"])
def test_a_model_is_explained_without_scikit_learn_and_pandas(
    training: tuple[str, set[str]], penguins: Path, command: str
) -> None:
    looked = ("--errors", "--importance", "--repeats", "1") if command == "explain" else ()
    table = (str(penguins),) if command == "explain" else ("--data", str(penguins))
    assert not woken(cli(command, training[0], *table, *looked, "--json")) & {
        "sklearn",
        "pandas",
        "scipy",
        "rich",
    }


def test_help_takes_less_than_a_third_of_a_second() -> None:
    """Of a processor's time, the best of three: what else the machine does is not the command's."""
    program = [sys.executable, "-c", "from shoal.cli.main import main; main(['--help'])"]

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(program, capture_output=True, check=True, env=dict(os.environ))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(3)) < 0.3
