"""What went wrong in a search, from its trials."""

import math

from shoal.sweep.findings import findings_of, told
from shoal.sweep.trials import Trial


def trial(number, score, **values):
    return Trial(number, values, {"r2": (score,)}, "r2")


def test_a_search_without_failures_has_no_findings():
    assert findings_of([trial(0, 0.5, learning_rate=0.1)]) == []


def test_failures_are_counted_and_their_setting_named():
    trials = [trial(i, 0.5, learning_rate=0.001 * (i + 1)) for i in range(52)]
    trials += [trial(52 + i, math.nan, learning_rate=0.3 + 0.05 * i) for i in range(12)]
    [found] = findings_of(trials)
    assert found.evidence == "12 of 64 trials diverged: all had learning_rate above 0.2."
    assert found.remedy == "Search learning_rate up to 0.2."
    assert found.numbers["threshold"] == 0.2


def test_failures_without_a_common_setting_are_still_told():
    trials = [trial(i, math.nan if i % 2 else 0.5, learning_rate=0.1) for i in range(8)]
    assert told(findings_of(trials))[0].startswith("4 of 8 trials diverged. Search learning_rate only")
