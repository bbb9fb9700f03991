"""The search box of a page, asked as a reader asks it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page

# Material sends a query on keyup, and fills the list in one go when the answer comes.
ASK = """
async (queries) => {
  const box = document.querySelector("[data-md-component=search-query]");
  const list = document.querySelector(".md-search-result__list");
  const base = new URL(JSON.parse(document.getElementById("__config").textContent).base, location);
  const answers = [];
  for (const query of queries) {
    answers.push(await new Promise((resolve) => {
      let start;
      new MutationObserver((_, observer) => {
        observer.disconnect();
        const took = performance.now() - start;
        const read = (link) => ({
          href: link.href,
          title: link.querySelector("h1, h2").textContent,
          score: Number(link.querySelector("article").dataset.mdScore),
        });
        const all = [...list.children].map((item) => [...item.querySelectorAll("a")].map(read));
        resolve({ took, links: all });
      }).observe(list, { childList: true });
      box.value = query;
      start = performance.now();
      box.dispatchEvent(new KeyboardEvent("keyup", { key: "Shift", bubbles: true }));
    }));
  }
  return { answers, base: base.href };
}
"""
NOTHING = ("没有找到", "Nothing found")


@dataclass(frozen=True)
class Result:
    """One page in the list of results, with the sections of it that are shown."""

    page: str
    """Its path in its language's site, without suffix: activations/relu."""
    title: str
    addresses: list[str]
    """Where its links lead, the best first."""


@dataclass(frozen=True)
class Answer:
    results: list[Result]
    milliseconds: float

    @property
    def is_nothing(self) -> bool:
        """Whether the site says that it has no such thing."""
        return bool(self.results) and self.results[0].title.startswith(NOTHING)

    def rank(self, expected: set[str]) -> float:
        """Where the first of the expected pages stands, from 1; infinity if nowhere."""
        if self.is_nothing:
            return 1 if expected == {"-"} else float("inf")
        pages = [result.page for result in self.results]
        return next((i for i, page in enumerate(pages, 1) if page in expected), float("inf"))


def open_search(page: Page, home: str = "") -> None:
    """Open a page, wait until its search is ready, and put the cursor into the box."""
    page.goto(home)
    page.locator("label.md-search__icon[for=__search]").first.wait_for(state="attached")
    page.keyboard.press("/")
    page.get_by_role("dialog").locator("input[name=query]").wait_for()
    ready = ".md-search-result__meta"
    waiting = ("正在准备搜索", "Initializing search")
    page.wait_for_function(
        "([selector, waiting]) => !waiting.includes("
        "document.querySelector(selector).textContent.trim())",
        arg=[ready, waiting],
    )


def ask(page: Page, query: str) -> Answer:
    """What the search answers, and the time from the key to the last result on the screen."""
    return ask_each(page, [query])[0]


def ask_each(page: Page, queries: list[str]) -> list[Answer]:
    """The answers to several queries, one after another; no two neighbours may be the same."""
    found = page.evaluate(ASK, queries)
    root = unquote(urlsplit(found["base"]).path)
    answers = []
    for answer in found["answers"]:
        results = []
        for links in answer["links"]:
            ordered = sorted(links, key=lambda link: -link["score"])
            path = unquote(urlsplit(links[0]["href"]).path).removeprefix(root)
            results.append(
                Result(
                    path.lstrip("/").removesuffix(".html"),
                    links[0]["title"],
                    [link["href"] for link in ordered],
                )
            )
        answers.append(Answer(results, answer["took"]))
    return answers
