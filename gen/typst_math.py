"""Formulas on their way from LaTeX to Typst: what pandoc's translation lacks to be right in print.

pandoc 3.9 translates nearly all of LaTeX's math.  Each rule here mends one thing that it gets
wrong: a rule of ``TEX_RULES`` changes the LaTeX before pandoc reads it, a rule of ``TYPST_RULES``
the Typst that pandoc wrote.  The tests set an example of each, with the rule and without it.  What
cannot be mended afterwards, because pandoc lost it, is refused by ``refuse``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Rule = Callable[[str], str]

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|.", re.DOTALL)
_STRING = re.compile(r'("(?:\\.|[^"\\])*")')

_LOST = {
    r"\overset": ("the upper part beside the lower", "use ^ or say it in the text"),
    r"\underset": ("the lower part beside the upper", "use _ or say it in the text"),
    r"\color": ("without its colour", "leave it out"),
    r"\tag": ("without its tag", "leave it out"),
}


def refuse(tex: str) -> tuple[str, str] | None:
    """What would be wrong in print although pandoc takes the formula, and what to do."""
    for token in _TOKEN.findall(tex):
        if token in _LOST:
            wrong, todo = _LOST[token]
            return f"{token} would be printed wrong, {wrong}", todo
    return None


def before(tex: str) -> str:
    """The LaTeX that pandoc translates rightly."""
    for rule in TEX_RULES.values():
        tex = rule(tex)
    return tex


def after(typst: str) -> str:
    """The inside of pandoc's ``$...$``, such that Typst sets it as LaTeX would have."""
    for rule in TYPST_RULES.values():
        typst = rule(typst)
    return typst


# ------------------------------------------------------------------ on the LaTeX


def _growing_norm(tex: str) -> str:
    r"""``\left\|`` becomes a relation sign with limits, ``\lVert`` a bar that grows."""
    bar = r"(?:\\\||\\Vert(?![A-Za-z])|\\[lr]Vert(?![A-Za-z]))"
    tex = re.sub(r"\\left\s*" + bar, r"\\lVert ", tex)
    return re.sub(r"\\right\s*" + bar, r"\\rVert ", tex)


def _paired_norm(tex: str) -> str:
    r"""``\|x\|``: the same relation signs, where a pair of bars is meant."""
    return _pair(tex, r"\|", r"\lVert ", r"\rVert ")


def _paired_bars(tex: str) -> str:
    """``|x|`` stands with gaps inside its bars; a pair that knows it is one does not."""
    tex = re.sub(r"\\(?:left\s*\\)?lvert(?![A-Za-z])", r"\\left| ", tex)
    tex = re.sub(r"\\(?:right\s*\\)?rvert(?![A-Za-z])", r"\\right| ", tex)
    return _pair(tex, "|", r"\left| ", r"\right| ")


def _evaluation_bar(tex: str) -> str:
    r"""``\left. f \right|_{x=0}``: a bar without its partner would stay small."""
    tokens = _TOKEN.findall(tex)
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token == r"\left":
            open_at.append(place)
        elif token == r"\right" and open_at:
            start = open_at.pop()
            if tokens[start + 1] == "." and tokens[place + 1 : place + 2] == ["|"]:
                tokens[start], tokens[start + 1], tokens[place] = "", "", r"\Bigr"
    return "".join(tokens)


def _plain_text(tex: str) -> str:
    r"""``\text{erf}(x)``: Typst keeps a blank beside text; letters are not text to it."""
    return re.sub(r"\\(?:text|textrm)\{([A-Za-z0-9]+)\}", r"\\mathrm{\1}", tex)


TEX_RULES: dict[str, Rule] = {
    "growing norm": _growing_norm,
    "paired norm": _paired_norm,
    "paired bars": _paired_bars,
    "evaluation bar": _evaluation_bar,
    "plain text": _plain_text,
}


def _pair(tex: str, bar: str, opening: str, closing: str) -> str:
    """Two bars around something whole become a pair; a lone bar, as in p(x|y), stays what it is."""
    tokens = _TOKEN.findall(tex)
    first: int | None = None
    for place, token in enumerate(tokens):
        if token != bar or (place and _takes_delimiter(tokens[place - 1])):
            continue
        if first is not None and _is_whole(tokens[first + 1 : place]):
            tokens[first], tokens[place], first = opening, closing, None
        else:
            first = place
    return "".join(tokens)


def _takes_delimiter(token: str) -> bool:
    return re.fullmatch(r"\\(?:left|right|middle|[bB]igg?[lrm]?)", token) is not None


def _is_whole(tokens: list[str]) -> bool:
    """Whether there is something, on one line, in which each bracket that opens is closed."""
    closers: list[str] = []
    for token in tokens:
        if token in ("&", r"\\"):
            return False
        if token in "([{":
            closers.append({"(": ")", "[": "]", "{": "}"}[token])
        elif token in ")]}" and (not closers or closers.pop() != token):
            return False
    return not closers and any(token.strip() for token in tokens)


# ------------------------------------------------------------------ on the Typst


def _outside_strings(typst: str, change: Rule) -> str:
    pieces = _STRING.split(typst)
    return "".join(piece if number % 2 else change(piece) for number, piece in enumerate(pieces))


def _negative_space(typst: str) -> str:
    r"""``\!`` is -3/18 em; pandoc rounds it to -1 em and the symbols overlap."""
    return _outside_strings(typst, lambda piece: piece.replace("#h(-1em)", "#h(-3em / 18)"))


def _thick_space(typst: str) -> str:
    r"""``\;`` is 5/18 em; pandoc rounds it to nothing."""
    return _outside_strings(typst, lambda piece: piece.replace("#h(0em)", "thick"))


_RENAMED = {"dot.circle": "dot.o", "times.circle": "times.o", "sect": "inter"}
_OLD_NAME = re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, _RENAMED)) + r")(?!\w)")


def _symbol_names(typst: str) -> str:
    """pandoc writes names of symbols that this Typst no longer knows."""
    return _outside_strings(
        typst, lambda piece: _OLD_NAME.sub(lambda found: _RENAMED[found[1]], piece)
    )


def _operator(typst: str) -> str:
    r"""``\operatorname{softmax}``: an operator stands off from its argument as text does not."""
    pieces = _STRING.split(typst)
    for place in range(1, len(pieces), 2):
        if not pieces[place - 1].endswith(("upright(", "bold(", "delim: ")):
            # pandoc drops the star of \\operatorname*; below arg max stands what it runs over.
            limits = ", limits: #true" if re.match(r'"arg\s', pieces[place]) else ""
            pieces[place] = f"op({pieces[place]}{limits})"
    return "".join(pieces)


_SCALED = re.compile(r"#scale\(x: (\d+)%, y: \d+%\)\[([^\[\]\\]+|\\.)\]")


def _fixed_size(typst: str) -> str:
    r"""``\bigl(`` comes as a zoomed picture, and ``\bigl\lfloor`` as the letters "floor.l"."""

    def delimiter(found: re.Match[str]) -> str:
        sign = f"\\{found[2]}" if found[2] in ("{", "}") else found[2]
        if sign == "parallel":
            sign = "bar.v.double"
        if sign == ".":  # LaTeX's delimiter that is not drawn
            return ""
        return f"lr(size: #{int(found[1]) / 100:g}em, {sign})"

    return _SCALED.sub(delimiter, typst)


def _cases_gap(typst: str) -> str:
    """Typst aligns the conditions of cases without a gap: a value and its condition read as one."""
    out, depths, depth, place = "", [], 0, 0
    while place < len(typst):
        if text := _STRING.match(typst, place):
            step = text[0]
        elif typst.startswith("cases(", place) and not typst[:place].endswith("."):
            step = "cases("
            depth += 1
            depths.append(depth)
        elif typst[place] == "\\":
            step = typst[place : place + 2]
        else:
            step = typst[place]
            if step == "(":
                depth += 1
            elif step == ")":
                if depths and depths[-1] == depth:
                    depths.pop()
                depth -= 1
        place += len(step)
        at_top = bool(depths) and depths[-1] == depth
        out += "& quad" if step == "&" and at_top else step
    return out


def _text_edges(typst: str) -> str:
    r"""``\text{ if }``: its own blanks and those of the source would add up."""
    return re.sub(r'upright\("\s*((?:\\.|[^"\\])*?)\s*"\)', r'upright("\1")', typst)


TYPST_RULES: dict[str, Rule] = {
    "negative space": _negative_space,
    "thick space": _thick_space,
    "symbol names": _symbol_names,
    "operator": _operator,
    "fixed size": _fixed_size,
    "cases gap": _cases_gap,
    "text edges": _text_edges,
}
