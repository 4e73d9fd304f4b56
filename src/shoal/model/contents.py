"""The inside of a ``.shoal`` file: plain data to members and back, checked on the way in.

``model.json`` carries the format's version and the SHA-256 of the weights and of the history, so a file
put together from two models is refused even where each part is sound. The card carries none: it is
text for people, and who adds a note of their own to it keeps a working model.

The networks of an ensemble share all but their numbers: ``params/...`` and ``state/...`` among the weights
are the first network's, ``members/1/params/...`` those of the next, and ``ensemble`` in ``model.json`` has
the names, seed and history of each further one. A model of one network has none of this, and is a file of
version 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as read_tensors
from safetensors.numpy import save as write_tensors

from shoal import __version__
from shoal.errors import ArtefactError, FileError
from shoal.history import History, from_lines, to_lines
from shoal.history.strict_json import from_text, to_text
from shoal.model.archive import CARD, DOCUMENT, HISTORY, WEIGHTS, damaged
from shoal.model.member import EnsembleMember

FORMAT = "shoal model"
VERSION = 2
"""Newest version of the format. It rises when an older shoal could not read the file rightly: 1 is a model
of one network, 2 an ensemble."""

_SUMMED = (WEIGHTS, HISTORY)
_GROUPS = ("params", "state")
_BRIEF = 200


@dataclass(frozen=True)
class Contents:
    """What a ``.shoal`` file holds, as plain data.

    Attributes
    ----------
    card : str
        Markdown for people.
    document : dict
        JSON data: spec, encoder, columns, target, provenance, scores, precision.
    history : History
    params, state : dict of str to array
    others : tuple of EnsembleMember
    """

    card: str
    document: dict[str, Any]
    history: History
    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    others: tuple[EnsembleMember, ...] = ()


def to_members(contents: Contents) -> dict[str, bytes]:
    """Return the members of the archive by name."""
    members = {
        CARD: contents.card.encode(),
        HISTORY: to_lines(contents.history).encode(),
        WEIGHTS: write_tensors(_tensors(contents)),
    }
    head = {
        "format": FORMAT,
        "version": 2 if contents.others else 1,
        "written_by": f"shoal {__version__}",
        "sha256": {name: _sum(members[name]) for name in _SUMMED},
        # safetensors hands tensors back in any order; layers should come in theirs
        "weights": {"params": list(contents.params), "state": list(contents.state)},
    }
    if contents.others:
        head["ensemble"] = {"kind": "average", "members": [_member(one) for one in contents.others]}
    members[DOCUMENT] = to_text({**head, **contents.document}, indent=1).encode()
    return members


def from_members(members: Mapping[str, bytes], where: str) -> Contents:
    """Read the members of the archive `where`.

    Raises
    ------
    ArtefactError
        If a newer shoal wrote them, or a part does not belong to the others or cannot be read.
    """
    document = _document(members[DOCUMENT], where)
    for name in _SUMMED:
        if document.get("sha256", {}).get(name) != _sum(members[name]):
            raise damaged(where, f"{name} is not the one that {DOCUMENT} was written with")
    try:
        tensors = read_tensors(members[WEIGHTS])
        history = from_lines(members[HISTORY].decode(), where=HISTORY)
        params, state = (_group(tensors, document["weights"], group) for group in _GROUPS)
        others = _others(tensors, document.get("ensemble"))
        card = members[CARD].decode()
    except (SafetensorError, FileError, ValueError, KeyError, TypeError) as error:
        raise damaged(where, brief(error)) from error
    return Contents(card, document, history, params, state, others)


def brief(error: Exception) -> str:
    """Return what an exception says on one line, without its tail where it is long."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}..."


def _document(text: bytes, where: str) -> dict[str, Any]:
    try:
        document = from_text(text.decode())
    except (ValueError, RecursionError) as error:
        raise damaged(where, f"{DOCUMENT} is not JSON; {brief(error)}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ArtefactError(f"'{where}' is not a shoal model: its {DOCUMENT} is of another kind.")
    version = document.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise ArtefactError(
            f"The model '{where}' was written by {document.get('written_by', 'a newer shoal')} in format "
            f"{version}; this is shoal {__version__}, which reads formats up to {VERSION}: upgrade shoal."
        )
    return document


def _tensors(contents: Contents) -> dict[str, np.ndarray]:
    nets = {"": contents, **{f"members/{i}/": one for i, one in enumerate(contents.others, 1)}}
    named = {
        f"{start}{group}/{name}": array
        for start, net in nets.items()
        for group in _GROUPS
        for name, array in getattr(net, group).items()
    }
    # safetensors writes the memory as it lies: a view or a transposed array must be made whole first
    return {name: np.ascontiguousarray(array) for name, array in named.items()}


def _group(
    tensors: Mapping[str, np.ndarray], names: Mapping[str, Any], group: str, start: str = ""
) -> dict[str, np.ndarray]:
    return {name: tensors[f"{start}{group}/{name}"] for name in names[group]}


def _member(one: EnsembleMember) -> dict[str, Any]:
    names = {group: list(getattr(one, group)) for group in _GROUPS}
    return {"seed": one.seed, **names, "history": to_lines(one.history)}


def _others(
    tensors: Mapping[str, np.ndarray], ensemble: Mapping[str, Any] | None
) -> tuple[EnsembleMember, ...]:
    """Return the further networks of an ensemble; none in a file of version 1."""
    told = ensemble["members"] if ensemble else []
    return tuple(
        EnsembleMember(
            *(_group(tensors, one, group, f"members/{i}/") for group in _GROUPS),
            history=from_lines(one["history"], where=f"history of network {i}"),
            seed=int(one["seed"]),
        )
        for i, one in enumerate(told, 1)
    )


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
