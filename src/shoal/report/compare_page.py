"""The page of runs side by side: is the difference real, what differs, how each one learnt."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.history.metrics import METRICS
from shoal.history.wording import compact, with_bounds
from shoal.report.comparison import Compared, Run, difference_said, seen_said
from shoal.report.curves import Line, Values, chart
from shoal.report.markup import Markup, joined, tag
from shoal.report.sections.findings import written
from shoal.report.sections.opening import key_facts
from shoal.report.sheet import Section, section, sheet
from shoal.report.tables import Column, table
from shoal.report.words import capital

_PALETTE = 4


def compare_page(compared: Compared, versions: str = "") -> str:
    """Return the page of compared runs as the text of one HTML file."""
    names = " and ".join([", ".join(run.letter for run in compared.runs[:-1]), compared.runs[-1].letter])
    sections = [_figures(compared), _differing(compared), _curves(compared), _runs(compared)]
    return sheet(f"Runs {names}", _opening(compared, names), sections, f"Made by shoal {versions}".rstrip())


def _opening(compared: Compared, names: str) -> Markup:
    lead, *more = compared.verdicts()
    reasons = dict.fromkeys(compared.reasons.values())
    entries = [(run.letter, run.path) for run in compared.runs]
    return joined(
        tag("p", f"Runs {names}", class_="kicker"),
        tag("h1", lead),
        [tag("p", line) for line in more],
        [tag("p", reason, class_="caution") for reason in reasons],
        key_facts(entries),
    )


def _figures(compared: Compared) -> Section | None:
    first = compared.runs[0]
    shown = [
        _of_pair(compared, first, other) for other in compared.runs[1:] if compared.found.get(other.letter)
    ]
    if not shown:
        return None
    said = (
        "An interval that leaves out zero: the difference is more than the luck of which rows were tested. "
        "What another seed would change comes on top."
    )
    return section("Is the difference real?", shown, tag("p", said, class_="fine"), short="Figures")


def _of_pair(compared: Compared, first: Run, other: Run) -> Markup:
    heads = (
        "Figure",
        Column(first.letter, "number"),
        Column(other.letter, "number"),
        Column(f"{other.letter} less {first.letter}", "number"),
        "What was seen",
    )
    rows = [
        [
            capital(METRICS[one.metric].title),
            compact(one.first),
            compact(one.second),
            difference_said(one),
            seen_said(one, first.letter, other.letter),
        ]
        for one in compared.found[other.letter]
    ]
    several = len(compared.runs) > 2
    title = f"{first.letter} and {other.letter}"
    return joined(
        tag("h3", title) if several else None,
        table(heads, rows, caption=f"Figures of {title}", class_="wide"),
    )


def _differing(compared: Compared) -> Section:
    names = compared.differing()
    if not names:
        return Section("What differs", tag("p", "Their settings are the same."))
    heads = [Column("Setting", "code"), *(Column(run.letter, "code") for run in compared.runs)]
    rows = [
        [name, *(written(run.settings[name]) if name in run.settings else None for run in compared.runs)]
        for name in names
    ]
    same = len({name for run in compared.runs for name in run.settings}) - len(names)
    return Section(
        "What differs",
        joined(
            table(heads, rows, caption="Settings that differ", class_="tight"),
            tag("p", f"{same} other settings are the same.", class_="fine"),
        ),
    )


def _curves(compared: Compared) -> Section | None:
    shown = [
        _chart(compared.runs, "val_loss", "Validation loss"),
        _chart(compared.runs, "loss", "Training loss"),
        *(
            _chart(compared.runs, f"val_{n}", f"{capital(m.title)} on validation rows")
            for n, m in METRICS.items()
        ),
        _chart(compared.runs, "learning_rate", "Learning rate"),
    ]
    drawn = [one for one in shown if one]
    return (
        section("How each one learnt", tag("div", drawn, class_="charts"), short="Curves") if drawn else None
    )


def _chart(runs: Sequence[Run], name: str, title: str) -> Markup:
    having = [run for run in runs if name in run.history]
    longest = max((len(run.history) for run in having), default=0)
    last = max(len(runs) - 1, 1)
    lines = [
        Line(
            run.letter,
            _padded(run.history[name], longest),
            style,
            None if len(runs) <= _PALETTE else style / last,
        )
        for style, run in enumerate(runs)
        if run in having
    ]
    straight = name == "learning_rate"
    return chart(title, lines, list(range(1, longest + 1)), straight=straight)


def _padded(values: Values, length: int) -> list[float | None]:
    return [*values, *[None] * (length - len(values))]


def _runs(compared: Compared) -> Section:
    heads = ("", *(run.letter for run in compared.runs))
    told = [_facts(run) for run in compared.runs]
    rows = [[name, *(facts[name] for facts in told)] for name in told[0]]
    return Section("The runs", table(heads, rows, caption="The runs", class_="tight wrapped"))


def _facts(run: Run) -> dict[str, str]:
    history = run.history
    best = f"{history.best_epoch:,}" if history.best_epoch is not None else "–"
    return {
        "Table": run.table,
        "Network": run.network or "–",
        "Epochs": f"{len(history):,}",
        "Epoch kept": best,
        "Why it ended": history.stop_reason or "it did not end",
        "Seconds": "–" if run.seconds is None else f"{run.seconds:.1f}",
        "Judged by": run.method or "nothing",
        **{capital(METRICS[name].title): _figure(run, name) for name in run.figures if name in METRICS},
    }


def _figure(run: Run, name: str) -> str:
    found = run.figures[name]
    value, bounds = with_bounds(
        *(float("nan") if found[k] is None else found[k] for k in ("value", "low", "high"))
    )
    return f"{value} ({bounds})"
