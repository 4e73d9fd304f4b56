"""YAML as people write it: ``1e-4`` is a number, as in YAML 1.2; PyYAML alone reads it as a word."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_FLOAT = re.compile(
    r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"
)


@cache
def loader() -> type:
    """Return the loader of PyYAML that reads numbers as YAML 1.2 does."""
    import yaml

    class Loader(yaml.SafeLoader):
        """PyYAML's safe loader, with the numbers of YAML 1.2."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:float"]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
    return Loader


def read_yaml(text: str) -> Any:
    """Return the plain values that YAML (and so JSON) text describes.

    Raises
    ------
    yaml.YAMLError
        If it is neither.

    Examples
    --------
    >>> read_yaml("{learning_rate: 1e-4, epochs: 10, schedule: cosine}")
    {'learning_rate': 0.0001, 'epochs': 10, 'schedule': 'cosine'}
    """
    import yaml

    return yaml.load(text, Loader=loader())  # built on SafeLoader
