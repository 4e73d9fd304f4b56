"""Every technique that shoal has, as data: what it is, and how to switch it on from each side.

The YAML files beside this page are the one source: the pages of the documentation are made from them, the
command ``shoal techniques`` lists them, and a test trains every row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from shoal.plain_yaml import read_yaml

PAGES = {
    "networks": "Networks",
    "losses": "Losses",
    "learning": "Learning",
    "regularisation": "Regularisation",
    "data": "Data",
    "checks": "Gradients and checks",
}
"""Name of a file -> title of its page."""


@dataclass(frozen=True)
class Technique:
    """One technique.

    Parameters
    ----------
    id : str
        Letter and number of its kind: A networks, B losses, C gradients, D learning, E regularisation,
        F data, H checks.
    name : str
    what, formula, when, source : str
        What it does, its formula in plain characters, when to use it, and who described it.
    page : str
        One of `PAGES`.
    task : str
        What it is tried on: classes, two, labels, quantity, counts, ordered, categories, gaps or images.
    settings : mapping
        What switches it on; empty where it is a call.
    call, command : str
        Python and command line of a technique that is no setting.
    refused : str
        Words of the refusal, for what can be named but not trained.
    """

    id: str
    name: str
    what: str
    formula: str
    when: str
    source: str
    page: str
    task: str = "classes"
    settings: Mapping[str, Any] = field(default_factory=dict)
    call: str = ""
    command: str = ""
    refused: str = ""

    @property
    def estimator(self) -> str:
        """Name of the estimator that it belongs to."""
        return "NetRegressor" if self.task in ("quantity", "counts") else "NetClassifier"

    @property
    def python(self) -> str:
        """How to switch it on from Python."""
        if self.call:
            return self.call
        return f"{self.estimator}({', '.join(f'{n}={_in_python(v)}' for n, v in self.settings.items())})"

    @property
    def file(self) -> str:
        """What to write into a settings file; empty where it is no setting."""
        return "\n".join(f"{name}: {json.dumps(value)}" for name, value in self.settings.items())

    @property
    def words(self) -> dict[str, str]:
        """What to type behind ``--set NAME=`` on the command line."""
        return {name: in_words(value) for name, value in self.settings.items()}

    @property
    def shell(self) -> str:
        """How to switch it on from the command line; empty where that is not possible."""
        if self.command or not self.settings:
            return self.command
        sets = " ".join(f"--set {_quoted(f'{name}={text}')}" for name, text in self.words.items())
        return f"shoal train t.csv --target y {sets}"


@cache
def techniques() -> tuple[Technique, ...]:
    """Return all techniques, page by page.

    Examples
    --------
    >>> dropout = next(t for t in techniques() if t.name == "dropout")
    >>> dropout.python, dropout.shell
    ('NetClassifier(dropout=0.5)', 'shoal train t.csv --target y --set dropout=0.5')
    """
    found = []
    for page in PAGES:
        text = files(__name__).joinpath(f"{page}.yaml").read_text(encoding="utf-8")
        found += [Technique(page=page, **entry) for entry in read_yaml(text)]
    return tuple(found)


def in_words(value: Any) -> str:
    """Return a setting as it is typed on the command line.

    Examples
    --------
    >>> in_words([16, 8]), in_words({"kind": "huber", "delta": 1.5}), in_words({"rotate": 15})
    ('16,8', 'huber:delta=1.5', 'rotate=15')
    """
    if isinstance(value, Mapping) and all(_plain(item) for item in value.values()):
        kind = value.get("kind", "")
        numbers = ",".join(f"{name}={in_words(item)}" for name, item in value.items() if name != "kind")
        return f"{kind}:{numbers}" if kind and numbers else kind or numbers
    if isinstance(value, list) and all(_plain(item) for item in value):
        return ",".join(map(in_words, value)) or "()"
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _plain(value: Any) -> bool:
    return not isinstance(value, list | Mapping)


def _in_python(value: Any) -> str:
    if isinstance(value, list) and all(_plain(item) for item in value):
        inner = ", ".join(map(_in_python, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{json.dumps(name)}: {_in_python(item)}" for name, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(_in_python, value))}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return f"'{text}'" if any(sign in text for sign in '(){}[]" ,;') else text
