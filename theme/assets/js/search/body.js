/* The texts: MiniSearch ranks whole pages, and the sections within them. */

const BM25 = { k: 1.2, b: 0.5, d: 0.3 };
const CORRECTED = 0.6;
const [MORE, LESS, MOST] = [0.3, 1, 0.4];
const NOWHERE = 1;
const COMPARING_WEIGHT = 6; // more than that of one rare word: a title that compares is meant

class Body {
  constructor(pages, sections, simplified) {
    this.known = new Map(); // stem -> in how many sections it stands
    this.words = new SearchableMap(); // word of four letters or more -> how often it stands in all texts
    const tokenize = (text) => {
      const found = tokens(fold(text, simplified));
      for (const word of found) {
        if (word.length >= 4) this.words.set(word, (this.words.get(word) ?? 0) + 1);
      }
      return found;
    };
    const searchOptions = { tokenize: tokens, processTerm: stem };
    const options = { tokenize, processTerm: stem, searchOptions };
    this.pages = new MiniSearch({ fields: ["names", "headings", "twins", "text"], ...options });
    this.sections = new MiniSearch({ fields: ["title", "twin", "text"], ...options });
    const words = (title) => {
      const folded = fold(title, simplified);
      return new Set([...tokens(content(folded)).map(stem), ...(COMPARING.test(folded) ? [COMPARED] : [])]);
    };
    this.titles = sections.map(({ title, twin }) => [words(title), ...(twin ? [words(twin)] : [])]);
    sections.forEach((section, id) => {
      const all = tokenize(`${section.title}\n${section.twin}\n${section.text}`);
      const stems = new Set(all.map(stem));
      for (const one of stems) this.known.set(one, (this.known.get(one) ?? 0) + 1);
    });
    this.count = sections.length;
    this.about = sections.map((section) => ({ page: section.page, isTop: section.isTop }));
    this.sections.addAll(sections.map(({ title, twin, text }, id) => ({ id, title, twin, text })));
    this.pages.addAll(
      pages.map((page, id) => {
        const own = sections.filter((section) => section.page === id);
        return {
          id,
          names: page.names.map(([name]) => name).join("\n"),
          headings: own.map((section) => section.title).join("\n"),
          twins: own.map((section) => section.twin).join("\n"),
          text: own.map((section) => section.text).join("\n"),
        };
      }),
    );
    this.named = pages.map((page) => new Set(page.names.flatMap(([name]) => tokenize(name).map(stem))));
    for (const one of this.named.flatMap((set) => [...set])) if (!this.known.has(one)) this.known.set(one, 1);
    this.phrasesWith = new Map(); // stem -> the names that have it
    pages.forEach((page, number) => {
      for (const [text, weight] of page.names) {
        const stems = words(text);
        if (stems.size < 2) continue;
        const phrase = { page: number, text, compact: compact(fold(text, simplified)), weight, stems };
        for (const one of stems) put(this.phrasesWith, one, phrase);
      }
    });
  }

  isKnown(word) {
    return this.known.has(stem(word));
  }

  /* How telling a token is: rare ones more, unknown ones most. */
  weight(token) {
    if (token === COMPARED) return COMPARING_WEIGHT;
    // Two characters that stand nowhere together are mostly the end of one word and the beginning of another.
    if (HAN.test(token) && token.length > 1 && !this.known.has(token)) return NOWHERE;
    return Math.log(1 + this.count / ((this.known.get(token) ?? 0) + 0.5));
  }

  /* Pages and sections for the query: {pages: Map, sections: Map}, each id -> {score, match}. */
  find(query) {
    const last = query.stems.at(-1);
    const options = {
      bm25: BM25,
      prefix: (term) => term === last && term.length > 1 && !HAN.test(term),
      weights: { prefix: 0.4, fuzzy: 0 },
    };
    const text = query.tokens.join(" ");
    const run = (index, boost) => new Map(index.search(text, { ...options, boost }).map((hit) => [hit.id, hit]));
    return {
      pages: run(this.pages, { names: 1, headings: 2, twins: 1, text: 1 }),
      sections: run(this.sections, { title: 3, twin: 2, text: 1 }),
    };
  }

  /* A word as the texts spell it: itself, or the known word that is nearest, or itself.  MiniSearch's own
     search for near terms would compare stems, and count two swapped letters as two errors. */
  spelt(token) {
    if (HAN.test(token) || token.length < 4 || this.isKnown(token)) return token;
    const swapped = swaps(token).find((other) => this.words.has(other));
    if (swapped) return swapped;
    // Few people err in the first letter, and fewer than mean another word.
    const near = [...this.words.fuzzyGet(token, tolerance(token.length))].filter(([word]) => word[0] === token[0]);
    near.sort(([, [countA, a]], [, [countB, b]]) => a - b || countB - countA);
    return near[0]?.[0] ?? token;
  }

  /* The tokens of the query that count, where `matched` are those that were found: two characters across
     the border of two words are in no text, and say nothing. */
  asked(query, matched) {
    return query.stems.filter((token, i) => {
      const between = matched.has(query.stems[i - 1]) || matched.has(query.stems[i + 1]);
      return !(HAN.test(token) && !this.known.has(token) && between);
    });
  }

  /* The weight of tokens together; those of the query that name a kind count less. */
  sum(list, kinds) {
    return list.reduce((total, token) => total + this.weight(token) * (kinds.has(token) ? KIND_WEIGHT : 1), 0);
  }

  /* The share of the query's content that a hit has, by weight, from 0 to 1; a corrected word is worth less. */
  coverage(query, hit) {
    const matched = new Set(hit.queryTerms);
    const asked = this.asked(query, matched);
    const worth = (token) => this.sum([token], query.kinds) * (query.corrected.has(token) ? CORRECTED : 1);
    const found = asked.filter((token) => matched.has(token)).reduce((total, token) => total + worth(token), 0);
    return asked.length ? found / this.sum(asked, query.kinds) : 0;
  }

  /* The name of each page that is most like the query, words in any order: page -> {likeness, name}. */
  findPhrases(query) {
    const found = new Map();
    const compared = query.compares ? [COMPARED] : [];
    const stems = [...new Set([...query.stems, ...compared])];
    const shared = new Map();
    for (const one of stems) for (const phrase of this.phrasesWith.get(one) ?? []) put(shared, phrase, one);
    for (const [phrase, titled] of shared) {
      if (titled.length < 2) continue;
      const asked = this.asked(query, new Set(titled));
      const likeness = phrase.weight * this.alike(query, titled, [...phrase.stems], [...new Set([...asked, ...compared])]);
      if (likeness > (found.get(phrase.page)?.likeness ?? 0)) found.set(phrase.page, { likeness, name: phrase });
    }
    return found;
  }

  /* Tversky's index of what is shared, what a title has and what is asked, by weight. */
  alike(query, shared, title, asked) {
    const [matched, titled, all] = [shared, title, asked].map((stems) => this.sum(stems, query.kinds));
    return matched / (matched + Math.min(MORE * (titled - matched), MOST * matched) + LESS * Math.max(0, all - matched));
  }

  /* How alike the query and a section's title are, in one of the languages, from 0 to 1 (Tversky's index, by
     weight: what the title says beyond the query counts less than what it lacks).  What the query says of the
     page by name belongs to each title on it. */
  likeness(query, section, hit) {
    const { page, isTop } = this.about[section];
    if (isTop) return 0;
    const named = query.stems.filter((token) => this.named[page].has(token));
    const compared = query.compares ? [COMPARED] : [];
    const asked = this.asked(query, new Set([...hit.queryTerms, ...named]));
    const wanted = [...new Set([...asked, ...compared])];
    return Math.max(...this.titles[section].map((words) => {
      const titled = [...query.stems, ...compared].filter((token) => words.has(token));
      const both = (stems) => [...new Set([...stems, ...named])];
      return titled.length ? this.alike(query, both(titled), both(words), wanted) : 0;
    }));
  }
}
