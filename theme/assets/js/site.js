/* The behaviour of the pages: sortable tables, figures shown large, the language switch, folds.
   Everything is readable without it.  No library, no request: it also runs from a folder. */

(() => {
  const english = document.documentElement.lang === "en";
  const say = (zh, en) => (english ? en : zh);

  // ---------------------------------------------------------------- tables

  /* A cell's sort key: its number, or its text where the column has no numbers; empty cells are null. */
  function keys(rows, column) {
    const cells = rows.map((row) => row.cells[column]);
    if (cells.some((cell) => cell.dataset.sort !== undefined)) {
      return cells.map((cell) => (cell.dataset.sort ? Number(cell.dataset.sort) : null));
    }
    return cells.map((cell) => cell.textContent.trim() || null);
  }

  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

  function compare(a, b) {
    return typeof a === "number" ? a - b : collator.compare(a, b);
  }

  /* The rows in the wanted order; rows without a key stay last in both directions. */
  function sorted(rows, column, direction) {
    if (direction === "none") return rows;
    const sign = direction === "ascending" ? 1 : -1;
    const byKey = keys(rows, column).map((key, i) => ({ key, row: rows[i] }));
    const known = byKey.filter(({ key }) => key !== null);
    const unknown = byKey.filter(({ key }) => key === null);
    known.sort((a, b) => sign * compare(a.key, b.key));
    return [...known, ...unknown].map(({ row }) => row);
  }

  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const original = [...body.rows];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "yj-sort";
      const wrap = () => {
        button.append(...head.childNodes);
        head.append(button);
      };
      wrap();
      // Chromium does not repeat a table's head on each sheet of paper if it holds a button.
      window.addEventListener("beforeprint", () => head.replaceChildren(...button.childNodes));
      window.addEventListener("afterprint", wrap);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const direction = NEXT[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", direction);
        body.append(...sorted(original, column, direction));
      });
    });
  }

  document.querySelectorAll(".yj-table[data-sortable] table").forEach(makeSortable);

  /* A field above the table that leaves only the rows with all of its words. */
  function makeFilterable(box) {
    const rows = [...box.querySelectorAll("tbody tr")];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const label = document.createElement("label");
    label.className = "yj-filter";
    const field = document.createElement("input");
    field.type = "search";
    const count = document.createElement("output");
    const filter = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((row, i) => (row.hidden = !words.every((word) => texts[i].includes(word))));
      const shown = rows.filter((row) => !row.hidden).length;
      count.textContent = say(`${shown} 条`, shown === 1 ? "1 term" : `${shown} terms`);
    };
    field.addEventListener("input", filter);
    filter();
    label.append(say("筛选", "Filter"), field, count);
    box.before(label);
  }

  document.querySelectorAll(".yj-table[data-filter]").forEach(makeFilterable);

  /* A table that fits needs no scrolling box: its head can then stay in sight while the page scrolls. */
  function fitTables() {
    for (const box of document.querySelectorAll(".yj-table")) {
      // Measured as it would stand without scrolling: a scrolling table has a narrower first column.
      box.classList.add("yj-fits");
      box.classList.remove("yj-scrolls");
      const fits = box.scrollWidth <= box.clientWidth;
      box.classList.toggle("yj-fits", fits);
      box.classList.toggle("yj-scrolls", !fits);
    }
    for (const box of document.querySelectorAll(".yj-math")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  fitTables();
  window.addEventListener("resize", fitTables);
  window.addEventListener("load", fitTables);
  document.addEventListener("toggle", fitTables, true);
  document.addEventListener("change", fitTables);

  // ---------------------------------------------------------------- figures

  const dialog = document.createElement("dialog");
  dialog.className = "yj-large";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "yj-large-close";
  close.textContent = say("关闭", "Close");
  const large = document.createElement("div");
  large.className = "yj-large-canvas";
  large.tabIndex = 0;
  const caption = document.createElement("p");
  caption.className = "yj-large-caption";
  dialog.append(close, large, caption);
  document.body.append(dialog);

  let home = null; // the canvas whose drawing is shown large

  function enlarge(canvas) {
    const drawing = canvas.querySelector(":scope > svg");
    // The drawing itself moves: a copy would repeat its ids.
    canvas.style.width = `${canvas.offsetWidth}px`;
    canvas.style.height = `${canvas.offsetHeight}px`;
    home = canvas;
    large.replaceChildren(drawing);
    const words = canvas.closest("figure").querySelector("figcaption");
    caption.replaceChildren(...(words ? words.cloneNode(true).childNodes : []));
    dialog.setAttribute("aria-label", caption.textContent || say("图", "Figure"));
    dialog.showModal();
  }

  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    home.prepend(large.firstElementChild);
    home.style.width = home.style.height = "";
  });

  const MAGNIFIER =
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 4h6v2H7.4l3.6 3.6-1.4 1.4L6 7.4V10H4zm10 0h6v6h-2V7.4L14.4 11 13 9.6 16.6 6H14zM9.6 13l1.4 1.4L7.4 18H10v2H4v-6h2v2.6zm4.8 0 3.6 3.6V14h2v6h-6v-2h2.6L13 14.4z"/></svg>';

  for (const canvas of document.querySelectorAll(".yj-figure > .yj-canvas")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "yj-zoom";
    button.setAttribute("aria-label", say("放大这幅图", "Enlarge this figure"));
    button.innerHTML = MAGNIFIER;
    canvas.append(button);
    canvas.addEventListener("click", () => enlarge(canvas));
  }

  // ---------------------------------------------------------------- language switch

  /* The heading that the reader is at: the last one above the middle of the upper half of the window. */
  function section() {
    if (window.scrollY < 100) return location.hash;
    const above = [...document.querySelectorAll("article :is(h2, h3, h4)[id]")].filter(
      (heading) => heading.getBoundingClientRect().top < window.innerHeight / 3,
    );
    return above.length ? `#${above.at(-1).id}` : "";
  }

  for (const link of document.querySelectorAll("[data-yj-twin]")) {
    const page = link.getAttribute("href");
    const update = () => link.setAttribute("href", page + section());
    for (const event of ["pointerdown", "focus", "click"]) link.addEventListener(event, update);
  }

  // ---------------------------------------------------------------- folds

  /* A link to a question opens it; links to what stands inside a fold the browser opens itself. */
  function openTarget() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    const fold = target && target.closest("details");
    if (fold && !fold.open) {
      fold.open = true;
      target.scrollIntoView();
    }
  }

  openTarget();
  window.addEventListener("hashchange", openTarget);

  // On paper every answer is open; afterwards the folds are as they were.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => (fold.open = true));
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((fold) => (fold.open = false));
    opened = [];
  });

  // ---------------------------------------------------------------- search

  // Material leaves its dialog without a name.
  document.querySelector(".md-search")?.setAttribute("aria-label", say("搜索", "Search"));

  // Material asks when a key comes up; words also come by pasting, by voice and by input methods.
  const box = document.querySelector("[data-md-component=search-query]");
  box?.addEventListener("input", () => {
    box.dispatchEvent(new KeyboardEvent("keyup", { key: "Unidentified" }));
  });

  // Material counts the notice that nothing was found as a result, too.
  const results = document.querySelector(".md-search-result__list");
  if (results) {
    new MutationObserver(() => {
      if (!results.querySelector(".yj-nothing")) return;
      const near = results.children.length - 1;
      results.previousElementSibling.textContent = near
        ? say(`没有找到，最接近的有 ${near} 个`, `Nothing found; ${near} nearest`)
        : say("没有找到", "Nothing found");
    }).observe(results, { childList: true });
  }

  for (const button of document.querySelectorAll("[data-yj-search]")) {
    button.addEventListener("click", () => {
      const toggle = document.getElementById("__search");
      if (!toggle.checked) toggle.click();
      box.focus();
    });
  }
})();
