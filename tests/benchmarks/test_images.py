import json

import numpy as np
from images import main


def test_digits_are_judged_and_mnist_is_said_to_be_left_out(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SHOAL_TABLES", raising=False)
    kept = tmp_path / "kept.json"
    main(["--quick", "--json", str(kept), "--set", "hidden=4"])
    assert "MNIST is left out" in capsys.readouterr().out
    [run] = json.loads(kept.read_text())["figures"]["digits"]["runs"]
    assert 0.0 <= run["accuracy"] <= 1.0


def test_mnist_is_read_from_the_folder_of_tables(tmp_path, capsys):
    rng = np.random.default_rng(0)
    arrays = {name: rng.integers(0, 256, (40, 28, 28)).astype(np.uint8) for name in ("x_train", "x_test")}
    labels = {name: np.arange(40).astype(np.uint8) % 10 for name in ("y_train", "y_test")}
    (tmp_path / "mnist").mkdir()
    np.savez(tmp_path / "mnist" / "mnist.npz", **arrays, **labels)
    main(["--quick", "--only", "mnist", "--tables", str(tmp_path), "--set", "hidden=4"])
    assert "mnist, seed 0" in capsys.readouterr().out
