"""YAML with line numbers, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from shoal.errors import SettingError, did_you_mean
from shoal.plain_yaml import loader


@dataclass(frozen=True)
class Entry:
    """A value of a YAML file, and where it stands.

    Parameters
    ----------
    value : any
        As plain Python.
    line : int
        From 1.
    where : str
        The file's name.
    items : mapping of str to Entry
        Of a mapping.
    parts : tuple of Entry
        Of a list.
    twice : tuple of str
        Keys of a mapping that stood there more than once; the last one counts.
    """

    value: Any
    line: int
    where: str
    items: dict[str, Entry] = field(default_factory=dict)
    parts: tuple[Entry, ...] = ()
    twice: tuple[str, ...] = ()

    def refuse(self, sentence: str) -> NoReturn:
        """Raise an error that begins with the place: ``sweep.yaml, line 7: ...``."""
        raise SettingError(f"{self.where}, line {self.line}: {sentence}")

    def mapping(self, what: str) -> dict[str, Entry]:
        """Return the entries of a mapping, or refuse anything else."""
        if not isinstance(self.value, dict):
            self.refuse(f"Expected {what} as a mapping. Got {self.value!r}.")
        return self.items

    def known(self, what: str, keys: tuple[str, ...]) -> dict[str, Entry]:
        """Return the entries of a mapping whose keys are all known, or refuse the first that is not."""
        for key, entry in self.mapping(what).items():
            if key not in keys:
                entry.refuse(f"Expected {what} to have {_or(keys)}. Got {key!r}.{did_you_mean(key, keys)}")
        return self.items


def read_entries(text: str, where: str) -> Entry:
    r"""Return what a YAML text describes.

    Raises
    ------
    SettingError
        If it is no YAML, with the line.

    Examples
    --------
    >>> read_entries("a: 1\nb: {c: [1e-4]}", "f.yaml").items["b"].items["c"].parts[0]
    Entry(value=0.0001, line=2, where='f.yaml', items={}, parts=(), twice=())
    """
    import yaml

    reader = loader()(text)
    try:
        node = reader.get_single_node()
        if node is None:
            raise SettingError(
                f"{where}, line 1: Expected a mapping with method and parameters. Got nothing."
            )
        return _entry(reader, node, where, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = 1 if mark is None else mark.line + 1
        raise SettingError(f"{where}, line {line}: Expected YAML. Got something else: {problem}.") from None
    finally:
        reader.dispose()


def _entry(reader: Any, node: Any, where: str, above: tuple[Any, ...]) -> Entry:
    import yaml

    line = node.start_mark.line + 1
    if any(node is one for one in above):
        raise SettingError(f"{where}, line {line}: Expected an anchor that does not hold itself.")
    within = (*above, node)
    if isinstance(node, yaml.SequenceNode):
        parts = tuple(_entry(reader, part, where, within) for part in node.value)
        return Entry([part.value for part in parts], line, where, parts=parts)
    if not isinstance(node, yaml.MappingNode):
        return Entry(reader.construct_object(node, deep=True), line, where)
    keys = [
        str(reader.construct_object(key)) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"
    ]
    reader.flatten_mapping(node)
    pairs = ((key, _entry(reader, value, where, within)) for key, value in node.value)
    items = {str(reader.construct_object(key)): _at(key.start_mark.line + 1, item) for key, item in pairs}
    twice = tuple(sorted({key for key in keys if keys.count(key) > 1}))
    return Entry({key: item.value for key, item in items.items()}, line, where, items, twice=twice)


def _at(line: int, entry: Entry) -> Entry:
    """Return an entry that stands where its key does."""
    return replace(entry, line=line)


def _or(keys: tuple[str, ...]) -> str:
    return keys[0] if len(keys) == 1 else ", ".join(keys[:-1]) + " or " + keys[-1]
