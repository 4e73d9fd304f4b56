from __future__ import annotations

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from shoal.report.markup import Markup, joined, tag


@given(st.text())
def test_text_comes_through_escaped_and_whole(text: str) -> None:
    inside = tag("b", text).removeprefix("<b>").removesuffix("</b>")
    assert "<" not in inside
    assert ">" not in inside
    assert unescape(inside) == unescape(text.replace("&", "&amp;"))


def test_a_script_in_a_column_name_stays_text() -> None:
    assert tag("td", "<script>alert(1)</script>") == "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"


def test_an_attribute_cannot_be_broken_out_of() -> None:
    assert tag("a", href='x" onclick="y') == '<a href="x&quot; onclick=&quot;y"></a>'


def test_none_and_false_leave_no_trace_and_true_is_a_bare_name() -> None:
    assert tag("details", None, open_=True, id=None, hidden=False) == "<details open></details>"


def test_lists_are_flattened_and_markup_is_kept() -> None:
    assert joined(["a", [Markup("<br/>"), "&"]]) == "a<br/>&amp;"
