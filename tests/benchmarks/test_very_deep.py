import json

from very_deep import deep, main, measured

from shoal.nets.summary import summary_of


def test_every_layer_is_there():
    found = summary_of(deep(1000, 32, 30))
    assert found.multiply_adds == 30 * 32 + 999 * 32 * 32 + 32


def test_a_thousand_plain_layers_learn():
    """A11: a few epochs of a real table, one repeated layer compiled once."""
    found = measured(1000, 32, 2)
    assert found["last loss"] < 0.9 * found["first loss"]
    assert found["parameters"] == 30 * 32 + 32 + 999 * (32 * 32 + 32) + 33


def test_the_figures_are_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SHOAL_CACHE", "off")  # as the script sets it, and taken back afterwards
    kept = tmp_path / "kept.json"
    main(["--quick", "--json", str(kept)])
    assert "its loss falls" in capsys.readouterr().out
    assert json.loads(kept.read_text())["depth"] == 100
