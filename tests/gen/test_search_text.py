"""What the search reads of a page: HTML in, sections out; LaTeX in, typed formulas out."""

from __future__ import annotations

import pytest

from gen.search_text import plain_math, sections

PAGE = r"""
<h1 id="relu">ReLU<a class="headerlink" href="#relu">¶</a></h1>
<p>It keeps <em>positive</em> numbers: \(x_{i}\).</p>
<h2 id="code">Code<a class="headerlink" href="#code">¶</a></h2>
<div class="tabbed-labels"><label>NumPy</label></div>
<pre><code>import torch.nn.functional as F
y = F.relu(x)</code></pre>
<h2 id="table">Table</h2>
<div class="yj-table"><table><tr><th>name</th><td>0.25</td><td>half</td></tr></table></div>
<p class="yj-evidence">Checked over 100 cases</p>
<div class="yj-formula"><div class="arithmatex">\[f(x) = \max(0, x)\]</div></div>
<details id="why"><summary>Why?</summary><p>Because <code>x</code>.</p></details>
<p>After the question.</p>
<h2 id="references">References</h2><p>He et al.</p>
"""


def test_sections_have_their_own_text() -> None:
    found = {section.anchor: section for section in sections(PAGE)}
    assert list(found) == ["", "code", "table", "why"]
    assert found[""].title == "ReLU"
    assert found[""].text == "It keeps positive numbers: x_i."
    assert found["code"].text == "torch.nn.functional F.relu"
    assert found["table"].text == "name half After the question."
    assert found["table"].formulas == ["f(x) = max(0, x)"]
    assert (found["why"].title, found["why"].text) == ("Why?", "Because x.")


def test_an_unclosed_element_ends_with_its_parent() -> None:
    found = sections("<h1>A</h1><div><p>one<p>two</div><h2 id='b'>B</h2>three")
    assert [(s.title, s.text) for s in found] == [("A", "one two"), ("B", "three")]


@pytest.mark.parametrize(
    ("latex", "typed"),
    [
        (r"\frac{1}{1+e^{-x}}", "1/(1+e^-x)"),
        (r"\sigma(x)\,(1-\sigma(x))", "σ(x) (1-σ(x))"),
        (r"\frac{e^{z_i/\tau}}{\sum_{j=1}^{n} e^{z_j/\tau}}", "(e^z_i/τ)/(∑_j=1^n e^z_j/τ)"),
        (r"\sqrt{\frac{2}{n}}", "√(2/n)"),
        (r"e^{\beta x}", "e^βx"),
        (r"\operatorname{ReLU}(x) \le \left| x \right|", "ReLU(x) ≤ | x |"),
        (r"\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}", "x x > 0 0 x ≤ 0"),
    ],
)
def test_formulas_read_as_they_are_typed(latex: str, typed: str) -> None:
    assert plain_math(latex) == typed
