import json

from compile_time import ARRAYS, SHIPPED, main


def test_one_vector_for_all_weights_needs_fewer_kernels(tmp_path, capsys):
    kept = tmp_path / "kept.json"
    main(["--quick", "--json", str(kept)])
    [found] = json.loads(kept.read_text())["figures"].values()
    assert found[SHIPPED]["kernels"][0] < 0.9 * found[ARRAYS]["kernels"][0]
    assert "s of compiling" in capsys.readouterr().out
