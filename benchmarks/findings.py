"""How often the findings are right: planted trouble, sound trainings, and whether remedies help.

Each rule must find its own trouble, sound trainings must get no warning, and the settings that a finding
names must lower the loss on rows that neither trained nor validated. Thresholds were fixed on one half of the
variants; figures are given for the other half and for all::

    python benchmarks/findings.py --json
    python benchmarks/findings.py --only oscillation,leak --no-remedies
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from typing import Any

from machine import device, keep, load, options, show
from planted_runs import Run, trained
from planted_tables import CLASSES, QUANTITIES
from planted_trouble import FIRST, KINDS, REPORTED, SOUND_FIRST, SOUND_REPORTED, Variant, healthy, variants

from shoal.history.findings import Finding, find

FOUND, FALSE, HELPED = 0.95, 0.03, 0.80
"""What is asked for: own trouble found, sound trainings warned of, remedies that help."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    planted, calm = _numbers(given)
    counts = f"{len(planted)} variants of a kind, {len(calm)} sound trainings of a table"
    print(f"{device()}; {counts}\n{load()}", end="")
    started, rows, sound = time.perf_counter(), [], []
    for kind in KINDS:
        if not given.only or kind.name in given.only:
            rows += _of_kind(variants([kind], planted), not given.no_remedies)
            _tell(kind.name, [row for row in rows if row["kind"] == kind.name], started)
    if not given.only or "sound" in given.only:
        sound = _of_sound(healthy(CLASSES + QUANTITIES, calm))
    _summary(rows, sound)
    shared, cases = _settings_once([*rows, *sound])
    told = {**_figures(rows, sound), "settings": shared, "planted": cases[: len(rows)]}
    keep(given.json, "findings", {**told, "sound": cases[len(rows) :]}, quick=given.quick)


def _options() -> ArgumentParser:
    parser = options("findings", __doc__.splitlines()[0])
    add = parser.add_argument
    add("--fresh", action="store_true", help="only the half by which no threshold was fixed")
    add(
        "--only",
        type=lambda text: text.split(","),
        default=[],
        metavar="KINDS",
        help="only these, as a,b,c; 'sound' too",
    )
    add("--no-remedies", action="store_true", help="do not train again with what findings name")
    return parser


def _numbers(given: Namespace) -> tuple[list[int], list[int]]:
    """Return which variants of each kind, and which sound trainings of each table, are trained."""
    halves = ((FIRST, REPORTED), (SOUND_FIRST, SOUND_REPORTED))
    most = 2 if given.quick else None
    planted, calm = ([*(() if given.fresh else old[:most]), *new[:most]] for old, new in halves)
    return planted, calm


def _of_kind(planted: Sequence[Variant], remedies: bool) -> list[dict[str, Any]]:
    runs = trained([(variant, {}) for variant in planted])
    found = [find(run.evidence) for run in runs]
    own = [_own(run.variant, some) for run, some in zip(runs, found, strict=True)]
    again: dict[int, Run] = {}
    if remedies:
        places = [i for i, one in enumerate(own) if one is not None and one.change]
        jobs = [(runs[i].variant, dict(own[i].change)) for i in places]
        again = dict(zip(places, trained(jobs), strict=True))
    return [_row(runs[i], found[i], own[i], again.get(i)) for i in range(len(runs))]


def _own(variant: Variant, found: Sequence[Finding]) -> Finding | None:
    return next((one for one in found if one.code in variant.codes), None)


def _row(run: Run, found: Sequence[Finding], own: Finding | None, again: Run | None) -> dict[str, Any]:
    variant = run.variant
    return {
        "kind": variant.kind,
        "table": variant.table,
        "number": variant.number,
        "reported": variant.reported,
        "settings": variant.settings,
        "codes": [one.code for one in found if one.severity != "note"],
        "found": own is not None,
        "change": dict(own.change) if own else {},
        "judged": _short(run.judged),
        "judged_with_remedy": _short(again.judged) if again else None,
    }


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _settings_once(rows: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the settings that all cases of a kind have, by kind, and the cases without these."""
    shared: dict[str, Any] = {}
    for row in rows:
        before = shared.setdefault(row["kind"], row["settings"])
        shared[row["kind"]] = {
            name: value for name, value in before.items() if _has(row["settings"], name, value)
        }
    cases = [
        {**row, "settings": {k: v for k, v in row["settings"].items() if k not in shared[row["kind"]]}}
        for row in rows
    ]
    return shared, cases


def _has(settings: dict[str, Any], name: str, value: Any) -> bool:
    return name in settings and settings[name] == value


def _of_sound(sound: Sequence[Variant]) -> list[dict[str, Any]]:
    runs = trained([(variant, {}) for variant in sound])
    return [_row(run, find(run.evidence), None, None) for run in runs]


def _tell(name: str, rows: Sequence[dict[str, Any]], started: float) -> None:
    tried = [row for row in rows if row["judged_with_remedy"] is not None]
    helped = sum(row["judged_with_remedy"] < row["judged"] for row in tried)
    found = sum(row["found"] for row in rows)
    seconds = time.perf_counter() - started
    print(
        f"{name}: found {found} of {len(rows)}, helped {helped} of {len(tried)}  ({seconds:.0f} s)",
        flush=True,
    )


def _figures(rows: Sequence[dict[str, Any]], sound: Sequence[dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, wanted in (("reported half", True), ("all", None)):
        some = [row for row in rows if wanted is None or row["reported"] == wanted]
        calm = [row for row in sound if wanted is None or row["reported"] == wanted]
        tried = [row for row in some if row["judged_with_remedy"] is not None]
        told[name] = {
            "planted": len(some),
            "found": _share([row["found"] for row in some]),
            "sound": len(calm),
            "warned": _share([bool(row["codes"]) for row in calm]),
            "remedies": len(tried),
            "helped": _share([row["judged_with_remedy"] < row["judged"] for row in tried]),
        }
    return {"figures": told, "asked": {"found": FOUND, "warned": FALSE, "helped": HELPED}}


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _summary(rows: Sequence[dict[str, Any]], sound: Sequence[dict[str, Any]]) -> None:
    table = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        told = [row for row in own if row["reported"]]
        tried = [row for row in own if row["judged_with_remedy"] is not None]
        helped = sum(row["judged_with_remedy"] < row["judged"] for row in tried)
        beside = Counter(code for row in own for code in row["codes"]).most_common(4)
        names = " ".join(f"{code}:{count}" for code, count in beside)
        found = f"{sum(row['found'] for row in told)}/{len(told)}"
        table.append(
            (kind, found, f"{sum(r['found'] for r in own)}/{len(own)}", f"{helped}/{len(tried)}", names)
        )
    show(("trouble", "found", "of all", "helped", "what was found"), table)
    for name, told in _figures(rows, sound)["figures"].items():
        print(
            name,
            {
                key: value if isinstance(value, int) else value and round(value, 3)
                for key, value in told.items()
            },
        )
    for row in sound:
        if row["codes"]:
            print(f"sound but warned of: {row['table']} {row['number']} {row['codes']} {row['settings']}")


if __name__ == "__main__":
    main()
