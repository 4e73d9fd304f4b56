"""A saved model is the model, bit for bit, in another process too; a damaged file never passes for one."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from shoal import load
from shoal.data.columns import know_columns
from shoal.data.encode import TableEncoder
from shoal.data.settings import Encoding
from shoal.errors import ArtefactError
from shoal.history import History
from shoal.model import save
from shoal.model.archive import DOCUMENT, HISTORY, MEMBERS, WEIGHTS, read_archive, read_card, write_archive

from .conftest import TARGETS, features, houses

ROWS = features(houses(300, seed=2))


@pytest.fixture
def path(tmp_path, models):
    path = tmp_path / "model.shoal"
    models().save(path)
    return path


def check_same(again, model) -> None:
    for part in ("params", "state"):
        old, new = getattr(model, part), getattr(again, part)
        assert list(old) == list(new)
        for name, array in old.items():
            assert new[name].dtype == array.dtype
            np.testing.assert_array_equal(new[name], array)
    same = ("spec", "encoder", "columns", "target", "history", "provenance", "precision")
    for name in same:
        assert getattr(again, name) == getattr(model, name), name
    assert repr(again.scores) == repr(model.scores)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("task", TARGETS)
def test_save_load_equal(tmp_path, models, task, precision):
    scores = {"rows": 3, "figures": {"roc_auc": {"value": float("nan"), "low": 0.1, "high": float("inf")}}}
    provenance = {"settings": {"given": {"max_time": float("inf"), "name": "NaN"}}, "seed": 2**63}
    model = models(task, precision, scores=scores, provenance=provenance)
    save(model, tmp_path / "model.shoal")
    again = load(tmp_path / "model.shoal")
    check_same(again, model)
    np.testing.assert_array_equal(again.raw(ROWS), model.raw(ROWS))
    np.testing.assert_array_equal(again.predict(ROWS), model.predict(ROWS))
    assert again.predict(ROWS).dtype == model.predict(ROWS).dtype
    assert again.card() == model.card()


def test_predictions_in_a_fresh_process_are_the_same_bits(tmp_path, models):
    ROWS.write_parquet(tmp_path / "rows.parquet")
    for task in TARGETS:
        for precision in ("float32", "float64"):
            models(task, precision).save(tmp_path / f"{task}-{precision}.shoal")
    code = (
        "import sys, pathlib, numpy, polars; from shoal.model import load\n"
        "folder = pathlib.Path(sys.argv[1]); rows = polars.read_parquet(folder / 'rows.parquet')\n"
        "numpy.savez(folder / 'found.npz', **{p.stem: load(p).raw(rows) for p in folder.glob('*.shoal')})\n"
        "print([m for m in ('optax', 'sklearn', 'pandas', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", "predicting imports what only training needs"
    found = np.load(tmp_path / "found.npz")
    assert len(found) == 2 * len(TARGETS)
    for name in found:
        np.testing.assert_array_equal(found[name], models(*name.split("-")).raw(ROWS))


def test_reading_a_card_does_not_wake_jax(path):
    code = (
        "import sys; from shoal.model.archive import read_card\n"
        "read_card(sys.argv[1]); print('jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_one_model_gives_one_file(tmp_path, models):
    for name in ("a", "b"):
        models().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_any_tool_can_look_inside(path, models):
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["README.md", "model.json", "history.jsonl", "weights.safetensors"]
        assert archive.testzip() is None
        json.loads(archive.read("model.json"), parse_constant=pytest.fail)
        assert archive.read("README.md").decode() == models().card() == read_card(path)
        assert b"pickle" not in b"".join(archive.read(name) for name in archive.namelist())


def test_a_model_without_weights_in_order_is_saved_right(tmp_path, models):
    """safetensors would write a transposed array as it lies in memory."""
    model = models()
    name = "layers.0.kernel"
    turned = np.asfortranarray(model.params[name])
    replace(model, params={**model.params, name: turned}).save(tmp_path / "m.shoal")
    np.testing.assert_array_equal(load(tmp_path / "m.shoal").params[name], model.params[name])


def test_who_adds_a_note_to_the_card_keeps_a_working_model(path):
    members = read_archive(path)
    write_archive(path, members | {"README.md": members["README.md"] + b"\nUsed in spring.\n"})
    assert load(path).predict(ROWS).shape == (300,)
    assert read_card(path).endswith("Used in spring.\n")


# ------------------------------------------------------------------------------ damage


def refused(path, match: str) -> None:
    with pytest.raises(ArtefactError, match=match) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_cut_anywhere_it_is_refused(path):
    whole = path.read_bytes()
    for cut in [0, 1, 4, 30, *range(50, len(whole), 101), len(whole) - 1]:
        path.write_bytes(whole[:cut])
        refused(path, "not a shoal model|is damaged")


def test_an_altered_byte_is_noticed_or_changes_nothing(path, models, seed):
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    noticed = 0
    for place in rng.choice(len(whole), 300, replace=False):
        old = whole[place]
        whole[place] ^= int(rng.integers(1, 256))
        path.write_bytes(whole)
        try:
            check_same(load(path), models())  # a date, an attribute: nothing that counts
        except ArtefactError:
            noticed += 1
        whole[place] = old
    assert noticed > 250


def test_every_byte_of_the_listing_and_the_heads(path, models):
    """All bytes that tell ZIP readers where things are: none may lead to another exception."""
    whole = bytearray(path.read_bytes())
    start = whole.index(b"PK\x01\x02")
    heads = [place for name in MEMBERS for place in _head(whole, name.encode())]
    for place in [*heads, *range(start, len(whole))]:
        flip = (0x01, 0x80)[place % 2]
        whole[place] ^= flip
        path.write_bytes(whole)
        try:
            check_same(load(path), models())
        except ArtefactError as error:
            assert str(path) in str(error)  # noqa: PT017
        whole[place] ^= flip


def _head(whole: bytearray, name: bytes) -> range:
    at = whole.index(name)
    return range(at - 30, at + len(name))


@pytest.mark.parametrize("content", [b"", b"species,mass\n1,2\n", b"\x80\x04pickle", b"PK\x03\x04 not quite"])
def test_files_of_another_kind(path, content):
    path.write_bytes(content)
    refused(path, "not a shoal model: it is|is damaged")


def test_places_without_a_model(tmp_path):
    refused(tmp_path / "none.shoal", "cannot be read: no such file or directory")
    refused(tmp_path, "cannot be read: it is a folder")


def rewrite(path, change) -> None:
    """Write the archive anew with a changed model.json, everything else being sound."""
    members = read_archive(path)
    document = json.loads(members[DOCUMENT])
    change(document)
    write_archive(path, members | {DOCUMENT: json.dumps(document).encode()})


def test_a_newer_format_asks_for_a_newer_shoal(path):
    rewrite(path, lambda d: d.update(version=3, written_by="shoal 9.1"))
    refused(path, r"written by shoal 9\.1 in format 3; this is shoal .* up to 2: upgrade shoal")


@pytest.mark.parametrize("name", ["spec", "encoder", "columns", "target", "precision", "scores"])
def test_a_part_that_is_gone(path, name):
    rewrite(path, lambda d: d.pop(name))
    refused(path, rf"cannot be understood \(KeyError: '{name}'\): it was not written by shoal")


@pytest.mark.parametrize("name", ["spec", "encoder", "columns", "target", "precision"])
@pytest.mark.parametrize("value", [None, [], {}, "x", 7, {"a": 1}, [1]])
def test_a_part_of_the_wrong_kind(path, name, value):
    rewrite(path, lambda d: d.update({name: value}))
    if (name, value) == ("columns", []) or (name, value) == ("columns", {}):
        return  # no columns: strange, but understood
    refused(path, "cannot be understood")


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"format": "cake"}', b"[" * 100_000, b"\xff", b'{"a": NaN}']
)
def test_a_document_that_is_none(path, text):
    write_archive(path, read_archive(path) | {DOCUMENT: text})
    refused(path, "is damaged|of another kind")


@pytest.mark.parametrize("version", ["1", None, 1.5, 10**30])
def test_a_version_that_is_none(path, version):
    rewrite(path, lambda d: d.update(version=version))
    refused(path, "upgrade shoal")


def test_parts_of_two_models_are_not_one(tmp_path, path, models):
    other = tmp_path / "other.shoal"
    models("multiclass", "float64").save(other)
    write_archive(path, read_archive(path) | {WEIGHTS: read_archive(other)[WEIGHTS]})
    refused(path, "weights.safetensors is not the one that model.json was written with")
    replace(models(), history=History([{"epoch": 9}])).save(other)
    models().save(path)
    write_archive(path, read_archive(path) | {HISTORY: read_archive(other)[HISTORY]})
    refused(path, "history.jsonl is not the one")


def pack(path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_missing(path, name):
    members = read_archive(path)
    del members[name]
    pack(path, members)
    refused(path, f"{name} is missing from the archive")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "model.json/..", "code.py"])
def test_members_that_shoal_never_writes(path, name):
    pack(path, read_archive(path) | {name: b"x"})
    refused(path, "which shoal never writes")


def test_a_member_twice(path):
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(WEIGHTS, b"other")
    refused(path, "one of its members twice")


def test_a_small_file_cannot_become_a_large_one(path):
    pack(path, read_archive(path) | {"README.md": bytes(10_000_000)}, zipfile.ZIP_DEFLATED)
    refused(path, "its members are compressed, which shoal never does")


@pytest.mark.parametrize("size", [2**31, 2**32 - 2])
def test_sizes_that_lie(path, size):
    whole = bytearray(path.read_bytes())
    entry = whole.index(b"PK\x01\x02")
    struct.pack_into("<II", whole, entry + 20, size, size)
    path.write_bytes(whole)
    refused(path, "said to be larger than the file")


def test_weights_whose_head_lies(path):
    members = read_archive(path)
    lie = struct.pack("<Q", 2**60) + members[WEIGHTS][8:]
    document = json.loads(members[DOCUMENT])
    document["sha256"][WEIGHTS] = hashlib.sha256(lie).hexdigest()
    write_archive(path, members | {WEIGHTS: lie, DOCUMENT: json.dumps(document).encode()})
    refused(path, "is damaged")


def test_a_column_called_like_a_number_survives(tmp_path, models):
    names = {"area": "NaN", "rooms": "$number"}
    frame = houses().rename(names)
    columns = know_columns(frame.select("NaN", "$number", "street", "heated"))
    encoder = TableEncoder.fit(frame, columns, Encoding(one_hot_levels=4))
    odd = replace(models("regression"), columns=columns, encoder=encoder)
    odd.save(tmp_path / "m.shoal")
    renamed = ROWS.rename(names)
    np.testing.assert_array_equal(load(tmp_path / "m.shoal").raw(renamed), odd.raw(renamed))
