"""Every finding has a paragraph in the documentation."""

from pathlib import Path

import pytest

from shoal.history.findings import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "findings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", RULES)
def test_every_code_has_a_paragraph_with_its_source(code):
    title = RULES[code].title
    assert PAGE.count(f"### {code} {title}\n") == 1
    paragraph = PAGE.split(f"### {code} {title}\n")[1].split("\n#")[0]
    assert "Source: " in paragraph
    assert len(paragraph.split()) > 30


def test_every_paragraph_has_a_rule():
    told = {line.split()[1] for line in PAGE.splitlines() if line.startswith("### S")}
    assert told == {*RULES, "S501"}
