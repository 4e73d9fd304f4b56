"""``shoal backprop``: the worked examples, a model's row, a network drawn anew, and what is refused."""

from __future__ import annotations

import json

import pytest

from shoal.cli.main import run


def test_the_worked_neuron_is_told(capsys):
    assert run(["backprop", "--example"]) == 0
    out = capsys.readouterr().out
    for digits in ("0.7892", "0.8176", "1.946", "0.008204", "0.49918", "0.899353", "0.899329"):
        assert digits in out
    assert "A: 0.000737, B: 0.000991" in out  # gradients add at the fork
    assert max(map(len, out.splitlines())) <= 80


def test_the_worked_graph_is_told_and_drawn(capsys, tmp_path):
    picture = tmp_path / "graph.svg"
    assert run(["backprop", "--example", "graph", "--svg", str(picture), "--json"]) == 0
    nodes = {node["name"]: node for node in json.loads(capsys.readouterr().out)["graph"]["nodes"]}
    assert round(nodes["w0"]["gradient"], 2) == -0.2
    assert "df/d" not in picture.read_text()
    assert picture.read_text().startswith("<svg xmlns")


def test_a_models_row_goes_through(species_model, penguins, capsys, tmp_path):
    picture = tmp_path / "row.svg"
    told = ["backprop", str(species_model), "--data", str(penguins), "--row", "5", "--svg", str(picture)]
    assert run([*told, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [stage["path"] for stage in found["trace"]["stages"]] == ["inputs", "layers.0", "layers.1", "head"]
    assert run([*told, "--units", "2"]) == 0
    out = capsys.readouterr().out
    assert "the 2 of 8 units that matter most" in out
    assert "target Adelie, the network says" in out
    assert "8 of" in picture.read_text()


def test_a_network_is_drawn_anew_for_a_table(penguins, capsys):
    line = ["backprop", "--data", str(penguins), "--target", "species", "--set", "hidden=2", "--json"]
    assert run(line) == 0
    assert len(json.loads(capsys.readouterr().out)["trace"]["stages"][1]["values"]) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "Give --data TABLE with the row, or --example"),
        (["--example", "--data", "x.csv"], "--example brings its own network"),
        (["--example", "neron"], "'neron' is not one of"),
        (["MODEL", "--data", "TABLE", "--set", "hidden=2"], "--set describes a network drawn anew"),
        (["--data", "TABLE"], "Missing --target"),
        (["MODEL", "--data", "TABLE", "--row", "9999"], "Expected row to be one of the 344 rows"),
        (["MODEL", "--data", "TABLE", "-t", "spices"], "Did you mean 'species'?"),
        (["MODEL", "--data", "TABLE", "--member", "3"], "Expected member to be one of the 1 networks"),
    ],
)
def test_what_is_refused(line, said, species_model, penguins, capsys):
    named = {"MODEL": str(species_model), "TABLE": str(penguins)}
    assert run(["backprop", *[named.get(word, word) for word in line]]) in (1, 2)
    assert said in capsys.readouterr().err
