"""What every page of the built small site has, once and right; and where its twin is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import pytest
import yaml

from gen import hooks, state
from gen.pages import urls
from gen.paths import Paths
from tests.gen.conftest import ROOT, Project

PAGES = {
    "index.html": "zh",
    "demo/double.html": "zh",
    "en/index.html": "en",
    "en/demo/double.html": "en",
}
NO_FILE = ("data:", "mailto:", "javascript:")
SITE = "https://youju-docs.github.io/youju/"


class Elements(HTMLParser):
    """All elements of a page in order, as (tag, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.found
            if name == tag and wanted.items() <= attributes.items()
        ]


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def text(built: Project, name: str) -> str:
    return (built.root / "site" / name).read_text(encoding="utf-8")


@pytest.fixture
def page(text: str) -> Elements:
    return Elements(text)


def twin(name: str) -> str:
    return name.removeprefix("en/") if name.startswith("en/") else f"en/{name}"


def test_language(page: Elements, name: str) -> None:
    (root,) = page.all("html")
    assert root["lang"] == {"zh": "zh-Hans", "en": "en"}[PAGES[name]]


def test_addresses(page: Elements, name: str) -> None:
    """Its own, and those of both languages, each page naming the same pair."""
    (canonical,) = page.all("link", rel="canonical")
    assert canonical["href"] == SITE + name
    zh, en = (SITE + n for n in sorted((name, twin(name)), key=lambda n: n.startswith("en/")))
    alternate = {e["hreflang"]: e["href"] for e in page.all("link") if "hreflang" in e}
    assert alternate == {"zh-Hans": zh, "en": en, "x-default": zh}


def test_description_and_one_heading(page: Elements, name: str) -> None:
    (description,) = page.all("meta", name="description")
    assert (
        description["content"]
        == {
            "index.html": "首页。",
            "demo/double.html": "翻倍。",
            "en/index.html": "Home.",
            "en/demo/double.html": "Doubling.",
        }[name]
    )
    assert len(page.all("h1")) == 1
    assert len(page.all("title")) >= 1


def test_switch_leads_to_the_twin(built: Project, page: Elements, name: str) -> None:
    """By a relative link, so that it works in any folder and on any host."""
    (switch,) = [e for e in page.all("a") if "yj-switch" in e.get("class", "")]
    assert "://" not in switch["href"]
    assert not switch["href"].startswith("/")
    assert urljoin(SITE + name, switch["href"]) == SITE + twin(name)
    assert (built.root / "site" / Path(name).parent / switch["href"]).resolve().is_file()


def test_ids_are_unique(page: Elements) -> None:
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert sorted(ids) == sorted(set(ids))
    assert "__search" in ids


def test_everything_that_is_pointed_at_is_there(page: Elements) -> None:
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    for _, attributes in page.found:
        for key in ("aria-labelledby", "aria-controls", "xlink:href"):
            for target in attributes.get(key, "").split():
                assert target.removeprefix("#") in ids, (key, target)
        if attributes.get("href", "").startswith("#") and attributes["href"] != "#":
            assert attributes["href"][1:] in ids


def test_nothing_is_left_undone(text: str) -> None:
    body = re.sub(r"<script.*?</script>|<code.*?</code>", "", text, flags=re.DOTALL)
    for left in (r"\(", r"\[", "{*", "*}", "data-svg", "\ue000", "///", "<!-- yj", "[@"):
        assert left not in body, left


@pytest.mark.parametrize("lang", ["", "en/"])
def test_the_page_shows_one_of_each(built: Project, lang: str) -> None:
    """Figure, table, formula, listing, evidence, a value; in the card, the formula again."""
    text = (built.root / f"site/{lang}demo/double.html").read_text(encoding="utf-8")
    for part in (
        'id="fig-double-line"',
        'id="tab-double-points"',
        'id="eq-double-definition"',
        "snippets/demo/double.py",
        '<p class="yj-evidence">',
        "3.0",
    ):
        assert part in text
    assert text.count("<svg") >= text.count('class="yj-canvas"') == 1
    assert text.count("katex-display") >= 2, "in the card and below"


def test_links_between_pages_lead_to_files(built: Project, page: Elements, name: str) -> None:
    here = built.root / "site" / name
    for tag, key in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
        for element in page.all(tag):
            address = element.get(key, "").split("#")[0]
            if address and "://" not in address and not address.startswith(NO_FILE):
                assert (here.parent / address).resolve().is_file(), (tag, address)


# --------------------------------------------------------------------------- beside the pages


def test_page_not_found_leads_home_in_both_languages(built: Project) -> None:
    """A host shows it at any depth, so its links start from the site's own path."""
    text = (built.root / "site/404.html").read_text(encoding="utf-8")
    links = [e["href"] for e in Elements(text).all("a")]
    assert links == ["/youju/index.html", "/youju/en/index.html"]
    for link in links:
        assert (built.root / "site" / link.removeprefix("/youju/")).is_file()


def test_sitemaps(built: Project) -> None:
    """Each language lists its own pages."""
    for lang, prefix in (("zh", ""), ("en", "en/")):
        text = (built.root / f"site/{prefix}sitemap.xml").read_text(encoding="utf-8")
        listed = re.findall(r"<loc>(.*?)</loc>", text)
        assert sorted(listed) == sorted(SITE + n for n in PAGES if PAGES[n] == lang)


def test_addresses_are_those_of_the_settings() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    plain = yaml.safe_load(re.sub(r"!![\w/:.]+", "", text).replace("!ENV ", ""))
    source, site = urls(Paths(ROOT))
    assert source == f"{plain['repo_url']}/blob/main"
    assert site == plain["site_url"][-1] == SITE


# --------------------------------------------------------------------------- the hook alone


TWINS = frozenset({"index.md", "a/b.md", "a/b/c.md"})
LINKS = [
    ("zh", "index.md", "en/index.html"),
    ("zh", "a/b.md", "../en/a/b.html"),
    ("zh", "a/b/c.md", "../../en/a/b/c.html"),
    ("en", "index.md", "../index.html"),
    ("en", "a/b.md", "../../a/b.html"),
    ("en", "a/b/c.md", "../../../a/b/c.html"),
    ("zh", "a/only.md", "../en/index.html"),
    ("en", "only.md", "../index.html"),
]


@pytest.mark.parametrize(("lang", "source", "link"), LINKS)
def test_twin(monkeypatch: pytest.MonkeyPatch, lang: str, source: str, link: str) -> None:
    """Where there is none, the other home page; only a true twin is told to search engines."""
    nowhere = Path("nowhere")
    here = state.State(lang, {}, [], nowhere, nowhere, nowhere, TWINS)  # type: ignore[arg-type]
    monkeypatch.setattr(state, "current", here)
    url = source.removesuffix(".md") + ".html"
    page = SimpleNamespace(file=SimpleNamespace(src_uri=source, url=url), content="")
    config = SimpleNamespace(site_url="https://s.org/x/" + here.folder[lang])  # type: ignore[index]
    context = hooks.on_page_context({}, page, config, None)
    assert context["yj_twin"] == link
    other = "https://s.org/x/" + ("en/" if lang == "zh" else "") + url
    assert context["yj_canonical_twin"] == (other if source in TWINS else "")


def test_without_the_generator_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "current", None)
    with pytest.raises(RuntimeError, match="build with `make build`, not with mkdocs"):
        state.get()
