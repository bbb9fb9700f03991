/* What a result says: title, why it was found, a passage with the words marked. */

const WORDS = {
  zh: {
    name: "又称",
    pinyin: "拼音",
    initials: "拼音首字母",
    sound: "读音相近",
    spelling: "拼写相近",
    formula: "公式",
    nothing: (query) => `没有找到“${query}”`,
    near: "本站没有这项内容。下面是最接近的概念；术语表列出了全部概念。",
    none: "本站没有这项内容，也没有相近的概念。术语表列出了全部概念。",
  },
  en: {
    name: "also",
    pinyin: "pinyin",
    initials: "pinyin initials",
    sound: "sounds like",
    spelling: "spelled like",
    formula: "formula",
    nothing: (query) => `Nothing found for “${query}”`,
    near: "The site does not cover this. The nearest concepts follow; the glossary lists all.",
    none: "The site does not cover this, nor anything near. The glossary lists all concepts.",
  },
};

const PASSAGE = { zh: 120, en: 260 };
const BEFORE = 30;
const RUN = /[A-Za-z0-9]+|[\u0370-\u03ff]+|\p{Script=Han}+/gu;

/* The words of a text as they are compared, and where they stand; kept, since each answer needs them. */
const runsOfText = new Map();

function runs(text, simplified) {
  let found = runsOfText.get(text);
  if (!found) {
    found = Array.from(text.matchAll(RUN), ({ 0: run, index }) => {
      const folded = fold(run, simplified);
      return { from: index, to: index + run.length, folded, stem: HAN.test(run) ? null : stem(folded) };
    });
    runsOfText.set(text, found);
  }
  return found;
}

/* The spans [from, to] of `text` whose words are among the stems. */
function spans(text, stems, simplified) {
  const found = [];
  for (const run of runs(text, simplified)) {
    if (run.stem !== null) {
      if (stems.has(run.stem)) found.push([run.from, run.to]);
      continue;
    }
    for (let i = 0; i < run.folded.length; i++) {
      const two = i + 1 < run.folded.length && stems.has(run.folded.slice(i, i + 2));
      if (!two && !stems.has(run.folded[i])) continue;
      const at = run.from + i;
      const to = at + (two ? 2 : 1);
      if (found.length && found.at(-1)[1] >= at) found.at(-1)[1] = to;
      else found.push([at, to]);
    }
  }
  return found;
}

/* The part of a text from `first` to `last`, its found words marked. */
function marked(text, stems, simplified, first = 0, last = text.length) {
  let [html, from] = ["", first];
  for (const [start, end] of spans(text, stems, simplified)) {
    if (start < first || end > last) continue;
    html += `${escapeHTML(text.slice(from, start))}<mark data-md-highlight>${escapeHTML(text.slice(start, end))}</mark>`;
    from = end;
  }
  return html + escapeHTML(text.slice(from, last));
}

/* The part of a text around the first word that was found. */
function passage(text, stems, simplified, length) {
  const first = spans(text, stems, simplified)[0]?.[0] ?? 0;
  let from = first > 2 * BEFORE ? first - BEFORE : 0;
  while (from > 0 && from < first && /\w/.test(text[from]) && /\w/.test(text[from - 1])) from++;
  const html = marked(text, stems, simplified, from, Math.min(text.length, from + length));
  return `${from ? "…" : ""}${html}${from + length < text.length ? "…" : ""}`;
}

/* Of the words that the index keeps of a section, those that were found. */
function told(words, stems, simplified) {
  const found = words.split(" ").filter((word) => spans(word, stems, simplified).length);
  return found.length ? `<p>… ${found.map((word) => marked(word, stems, simplified)).join(" … ")} …</p>` : "";
}

/* The words as the page has them, for Material to mark there; what is not found is struck out. */
function foundWords(texts, stems, query, simplified) {
  const words = {};
  const literal = texts.flatMap((text) => spans(text, stems, simplified).map(([from, to]) => text.slice(from, to)));
  const long = [...new Set(literal)].filter((word) => word.length > 1 || HAN.test(word) || /[α-ω]/i.test(word));
  for (const word of long.sort((a, b) => b.length - a.length).slice(0, 12)) words[word] = true;
  for (const token of query.tokens) {
    if (!HAN.test(token) && token.length > 1 && !stems.has(stem(token))) words[token] = false;
  }
  return words;
}

/* Why a page was found, if its title does not say so. */
function reason(match, title, words, stems, simplified) {
  if (!match) return "";
  const { name, how } = match;
  if (how === "name" && compact(fold(title, simplified)).includes(name.compact)) return "";
  return ` <small class="yj-why">${words[how]} ${marked(name.text, stems, simplified)}</small>`;
}
