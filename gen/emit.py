"""How an artifact is written into a page: HTML for the site, Pandoc's Markdown for the PDFs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gen.bibliography import Reference
from gen.render import number_latex, number_text, spread_text
from snippets.kit import Lang

Payload = Mapping[str, Any]

REFERENCES = "\ue000references\ue000"
"""Stands where the list of references goes until the whole page has been read."""


Say = Callable[[str, str], str]


def error_text(error: float, tr: Say) -> str:
    """The size of a largest error, in words when there is none."""
    return number_text(error, ".1e") if error else tr("0（逐位相同）", "0 (identical)")


class Emitter:
    """What the two forms of output share."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def tr(self, zh: str, en: str) -> str:
        """As kit.Tr without its checks: a text here may hold another, of either language."""
        return zh if self.lang == "zh" else en

    def value(self, value: Any, spec: str, *, math: bool) -> str:
        """A value as text.  Lists as (a, b, c); a spread as mean, range and number of runs."""
        if isinstance(value, dict) and "spread" in value:
            runs = value["spread"]
            many = self.tr(f"，{len(runs)} 次运行", f", {len(runs)} runs")
            return spread_text(runs, spec)[:-1] + many + "]"
        if isinstance(value, dict):
            raise ValueError(f"name an entry: [{'], ['.join(value)}]")
        if isinstance(value, list):
            inside = ", ".join(self.value(v, spec, math=math) for v in value)
            return f"({inside})"
        if isinstance(value, bool):
            return self.tr("是", "yes") if value else self.tr("否", "no")
        return number_latex(value, spec) if math else number_text(value, spec)

    def cited(self, parts: Sequence[str]) -> str:
        """The citations of one bracket."""
        if not parts:
            return ""
        return f"（{'；'.join(parts)}）" if self.lang == "zh" else f"({'; '.join(parts)})"

    def evidence(self, kind: str, payload: Payload) -> str:
        """In words: against what something was checked, over how many cases, how close."""
        tr = self.tr
        if kind == "check":
            cases, error = f"{payload['cases']:,}", error_text(payload["error"], tr)
            allowed = number_text(payload["tolerance"], ".0e")
            bound = tr(f"，允许 {allowed}", f", allowed {allowed}") if payload["tolerance"] else ""
            return tr(
                f"核对：{payload['against']}，{cases} 个数，最大误差 {error}{bound}",
                f"Checked against {payload['against']}: {cases} values, "
                f"largest error {error}{bound}",
            )
        return self._formula_evidence(payload)

    def _formula_evidence(self, payload: Payload) -> str:
        tr, samples = self.tr, f"{payload['samples']:,}"
        error = error_text(payload["error"], tr)
        if payload["kind"] == "definition":
            shown = "; ".join(f"${latex} = {value}$" for latex, value in payload["witness"] or [])
            return tr(f"按此式算出：{shown}", f"Evaluated: {shown}") if shown else ""
        if payload["kind"] == "claim" and payload["samples"] == 1:
            return tr("此式已执行，成立", "Executed: it holds")
        if payload["kind"] == "claim":
            return tr(
                f"此式已执行：{samples} 组取值全部成立",
                f"Executed: it held on all {samples} samples",
            )
        if payload["kind"] == "derivative":
            autograd = error_text(payload["autograd_error"], tr)
            return tr(
                f"此式已执行：{samples} 组取值，与有限差分最大相差 {error}，"
                f"与 PyTorch 自动求导最大相差 {autograd}",
                f"Executed on {samples} samples: at most {error} from finite differences, "
                f"{autograd} from PyTorch's autograd",
            )
        return tr(
            f"此式已执行：{samples} 组取值，与代码最大相差 {error}",
            f"Executed on {samples} samples: at most {error} from the code",
        )


class Web(Emitter):
    """HTML, each artifact on one line, so that it also stands in a list or a block."""

    def __init__(self, lang: Lang, source_url: str) -> None:
        super().__init__(lang)
        self.source_url = source_url

    def block(
        self, kind: str, name: str, entry: Payload, payload: Payload, *, brief: bool = False
    ) -> str:
        """An artifact on a line of its own; in a card (``brief``) a formula stands alone."""
        if kind == "figure":
            return self._figure(name, entry, payload)
        if kind == "table":
            return self._table(name, entry, payload)
        if kind == "listing":
            return self._listing(name, entry, payload)
        if kind == "check":
            return f'<p class="yj-evidence">{inline(self.evidence(kind, payload))}</p>'
        return _display(payload["latex"]) if brief else self._formula(name, payload)

    def _source(self, entry: Payload) -> str:
        href = f"{self.source_url}/{entry['path']}#L{entry['line']}"
        return f'<a class="yj-source" href="{href}">{self.tr("源码", "source")}</a>'

    def _figure(self, name: str, entry: Payload, payload: Payload) -> str:
        return (
            f'<figure class="yj-figure" id="fig-{anchor(name)}">'
            f'<div class="yj-canvas" data-svg="{payload["svg"]}"></div>'
            f"<figcaption>{inline(payload['caption'])} {self._source(entry)}</figcaption></figure>"
        )

    def _table(self, name: str, entry: Payload, payload: Payload) -> str:
        numeric = [
            any(row[i]["sort"] is not None for row in payload["rows"])
            for i in range(len(payload["columns"]))
        ]
        heads = "".join(
            f'<th{_class(is_number)} scope="col">{inline(column["head"])}'
            + (f' <span class="yj-unit">{inline(column["unit"])}</span>' if column["unit"] else "")
            + "</th>"
            for column, is_number in zip(payload["columns"], numeric, strict=True)
        )
        rows = "".join(
            "<tr>" + "".join(map(_cell, row, numeric)) + "</tr>" for row in payload["rows"]
        )
        sortable = " data-sortable" if payload["sortable"] else ""
        label = html.escape(plain(payload["caption"]))
        return (
            f'<div class="yj-table" id="tab-{anchor(name)}" tabindex="0" role="region" '
            f'aria-label="{label}"{sortable}><table class="yj-grid">'
            f"<caption>{inline(payload['caption'])} "
            f"{self._source(entry)}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )

    def _listing(self, name: str, entry: Payload, payload: Payload) -> str:
        return f'```python title="{entry["path"]}"\n{payload["code"].rstrip()}\n```\n\n' + (
            f'<p class="yj-listing-source">{self._source(entry)}</p>'
        )

    def _formula(self, name: str, payload: Payload) -> str:
        where = "".join(
            f'<dt><span class="arithmatex">\\({html.escape(s["latex"], quote=False)}\\)</span></dt>'
            f"<dd>{inline(s['meaning'])}{_shape(s, self.tr)}</dd>"
            for s in payload["symbols"]
        )
        evidence = self.evidence("formula", payload)
        return (
            f'<div class="yj-formula" id="eq-{anchor(name)}">'
            + _display(payload["latex"])
            + (f'<dl class="yj-where">{where}</dl>' if where else "")
            + (f'<p class="yj-evidence">{inline(evidence)}</p>' if evidence else "")
            + "</div>"
        )

    def card(self, title: str, page: str, body: str, site_url: str) -> str:
        name = page.rsplit("/", 1)[-1]
        return f"### [{title}](../{page}.md) {{#{name}}}\n\n{body}\n"

    def citation(self, reference: Reference, where: str) -> str:
        text = html.escape(reference.short + (f", {where}" if where else ""))
        return f'<a class="yj-cite" href="#ref-{reference.key}">{text}</a>'

    def references(self, cited: Sequence[Reference]) -> str:
        items = "".join(
            f'<li id="ref-{r.key}">{html.escape(r.authors)} ({r.year}). '
            f"<cite>{html.escape(r.title)}</cite>."
            + (f" {html.escape(r.where)}." if r.where else "")
            + (f' <a href="{html.escape(r.url)}">{html.escape(r.url)}</a>' if r.url else "")
            + "</li>"
            for r in cited
        )
        return f'<section class="yj-references"><ul>{items}</ul></section>' if items else ""


class Print(Emitter):
    """Pandoc's Markdown: formulas, tables and figures without what only a screen needs."""

    def value(self, value: Any, spec: str, *, math: bool) -> str:
        return superscripts(super().value(value, spec, math=math))

    def block(
        self, kind: str, name: str, entry: Payload, payload: Payload, *, brief: bool = False
    ) -> str:
        if kind == "figure":
            alt, caption = (payload[k].replace('"', "″") for k in ("alt", "caption"))
            return f'![{alt}]({payload["svg"]}){{caption="{caption}"}}'
        if kind == "table":
            return self._table(payload)
        if kind == "listing":
            return f"```python\n{payload['code'].rstrip()}\n```"
        if kind == "check":
            return superscripts(self.evidence(kind, payload))
        return f"$$\n{payload['latex']}\n$$"

    def _table(self, payload: Payload) -> str:
        heads = [
            column["head"] + (f" ({column['unit']})" if column["unit"] else "")
            for column in payload["columns"]
        ]
        rules = [
            "---:" if any(row[i]["sort"] is not None for row in payload["rows"]) else ":---"
            for i in range(len(heads))
        ]
        rows = [[superscripts(cell["md"]) for cell in row] for row in payload["rows"]]
        return "\n".join("| " + " | ".join(row) + " |" for row in (heads, rules, *rows))

    def card(self, title: str, page: str, body: str, site_url: str) -> str:
        name = page.rsplit("/", 1)[-1]
        return f'### {title} {{#{name} href="{site_url}{page}.html"}}\n\n{body}\n'

    def citation(self, reference: Reference, where: str) -> str:
        return reference.short + (f", {where}" if where else "")

    def references(self, cited: Sequence[Reference]) -> str:
        return ""


def _display(latex: str) -> str:
    text = html.escape(" ".join(latex.split()), quote=False)
    return f'<div class="arithmatex">\\[{text}\\]</div>'


def anchor(name: str) -> str:
    """``relu.figure_curve`` as an id: ``relu-curve``."""
    owner, thing = name.split(".")
    return f"{owner}-{thing.split('_', 1)[-1]}".replace("_", "-")


def superscripts(text: str) -> str:
    return re.sub(r"<sup>(.*?)</sup>", r"^\1^", text)


INLINE = re.compile(
    r"(?P<code>`[^`]+`)|(?P<math>\$[^$]+\$)|\*\*(?P<strong>.+?)\*\*|(?P<sup></?sup>)"
)


def inline(text: str) -> str:
    """The little Markdown that captions and cells may hold (code, strong, symbols), as HTML."""
    result, last = [], 0
    for match in INLINE.finditer(text):
        result.append(html.escape(text[last : match.start()], quote=False))
        if match["code"]:
            result.append(f"<code>{html.escape(match['code'][1:-1], quote=False)}</code>")
        elif match["math"]:
            latex = html.escape(match["math"][1:-1], quote=False)
            result.append(f'<span class="arithmatex">\\({latex}\\)</span>')
        elif match["strong"]:
            result.append(f"<strong>{inline(match['strong'])}</strong>")
        else:
            result.append(match["sup"])
        last = match.end()
    result.append(html.escape(text[last:], quote=False))
    return "".join(result)


def plain(text: str) -> str:
    """The same without any mark or citation, for a label that is read aloud."""
    return re.sub(r"[`$]|\*\*|</?sup>|\s*\[@[^\]]+\]", "", text)


def _class(is_number: bool) -> str:
    return ' class="yj-num"' if is_number else ""


def _cell(cell: Payload, is_number: bool) -> str:
    sort = "" if cell["sort"] is None else f' data-sort="{cell["sort"]!r}"'
    return f"<td{_class(is_number)}{sort}>{inline(cell['md'])}</td>"


def _shape(symbol: Payload, tr: Say) -> str:
    parts = []
    if symbol["shape"]:
        parts.append(tr("形状 ", "shape ") + f"<code>{html.escape(symbol['shape'])}</code>")
    if symbol["unit"]:
        parts.append(tr("单位 ", "unit ") + inline(symbol["unit"]))
    opening, closing, comma = tr("（|）|，", " (|)|, ").split("|")
    return f"{opening}{comma.join(parts)}{closing}" if parts else ""
