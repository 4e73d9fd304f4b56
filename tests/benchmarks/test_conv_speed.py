import json

from conv_speed import main


def test_every_contestant_trains_and_the_figures_are_kept(tmp_path, capsys):
    kept = tmp_path / "kept.json"
    main(["--quick", "--json", str(kept)])
    assert "target" not in capsys.readouterr().out  # nothing is judged by a quick run
    figures = json.loads(kept.read_text())["figures"]["32"]
    names = [entry["contestant"] for entry in figures["contestants"]]
    assert names[:2] == ["shoal of 8", "shoal, one net"]
    assert all(entry["milliseconds"][0] > 0 for entry in figures["contestants"])
