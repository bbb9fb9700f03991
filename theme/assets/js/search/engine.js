/* Ranks the pages for a query, from their names, headings, formulas and texts. */

const POINTS = { phrase: 84, heading: 85, text: 40, others: 0.3, beside: 0.2, sheet: 100 };
const SHEETS = "cheatsheets/";
const ENOUGH = { name: 40, heading: 0.4, text: 0.55, part: 0.25 };
const CARD = 0.8; // what the name of a concept counts for a sheet that has its card
const KIND_WEIGHT = 0.3;
const LIMIT = 12;

/* A sheet by what it is about; the names of other pages do not count. */
function withoutSheet({ location, names }) {
  const about = ([text, weight]) => [fold(text).replace(SHEET, " ").trim(), weight];
  return { names: location.startsWith(SHEETS) ? names.map(about).filter(([text]) => text) : [] };
}

/* The sections of all pages, from the columns that gen/search.py writes; the first of each page has what
   belongs to the page as a whole. */
function sectionsOf({ pages, boosts, weights, names, readings, formulas, anchors, titles, twins, leads, texts }) {
  const spoken = new Map(Object.entries(readings));
  return pages.flatMap((path, page) =>
    anchors[page].map((anchor, i) => ({
      page,
      isTop: i === 0,
      location: `${path}.html${anchor && "#"}${anchor}`,
      title: titles[page][i],
      twin: twins[page][i],
      words: texts[page][i],
      text: i === 0 ? `${leads[page]}\n${texts[page][0]}` : texts[page][i],
      ...(i === 0 && {
        lead: leads[page],
        boost: boosts[page],
        formulas: formulas[page],
        names: weights.flatMap((weight, k) => names[k][page].map((name) => [name, weight, spoken.get(name)])),
      }),
    })),
  );
}

class Engine {
  /* `config` and `docs` of search_index.json, as gen/search.py writes it. */
  constructor({ config, docs }) {
    this.lang = config.lang[0];
    this.glossary = config.glossary;
    const pairs = Array.from(SIMPLIFIED);
    this.simplified = new Map(pairs.filter((_, i) => i % 2 === 0).map((char, i) => [char, pairs[2 * i + 1]]));
    const sounds = new Map();
    for (const [syllable, chars] of Object.entries(SOUNDS)) for (const char of chars) sounds.set(char, syllable);
    this.sections = sectionsOf(docs);
    this.pages = this.sections.filter((section) => section.isTop);
    this.names = new Names(this.pages, sounds, this.simplified);
    this.concepts = new Map(this.pages.map(({ location }, i) => [location.match(/([^/]*)\.html/)[1], i]));
    this.sheets = new Names(this.pages.map(withoutSheet), sounds, this.simplified);
    this.body = new Body(this.pages, this.sections, this.simplified);
    this.formulas = new Formulas(this.pages, this.simplified, (text, page) => this.names.isNameOf(text, page));
  }

  search(raw) {
    const query = this.query(raw);
    if (!query.units.length) return { items: [] };
    const { found, weak } = this.rank(query);
    const items = found.length ? found.slice(0, LIMIT).map((hit) => this.items(hit, query)) : this.nothing(query, weak);
    return { items, suggest: this.names.complete(query.folded) };
  }

  // ---------------------------------------------------------------- the query

  query(raw) {
    const whole = fold(raw, this.simplified).trim();
    const subject = whole.replace(SHEET, " ").trim();
    const asksSheet = subject !== whole && Boolean(content(subject)) && !this.names.whole.has(compact(whole));
    const folded = asksSheet ? subject : whole;
    const places = [...folded.matchAll(UNIT)].map(({ 0: unit, index }) => ({ unit, index }));
    const units = places.map(({ unit }) => unit);
    const asked = this.isAsking(folded, places);
    const all = asked.every(Boolean);
    const kept = asked.map((one) => all || !one);
    let wanted = "";
    places.forEach(({ unit, index }, i) => {
      if (!kept[i]) return;
      const adjacent = kept[i - 1] && places[i - 1].index + places[i - 1].unit.length === index;
      wanted += (adjacent && HAN.test(unit) === HAN.test(units[i - 1]) ? "" : " ") + unit;
    });
    const kinds = this.kinds(folded, places, kept);
    const typed = [...new Set(tokens(wanted))];
    const spelt = typed.map((token) => this.body.spelt(token));
    return {
      raw: raw.trim(),
      folded,
      compact: units.join(""),
      units,
      weights: units.map((unit, i) => (kept[i] ? this.weight(units, i) * (kinds.units[i] ? KIND_WEIGHT : 1) : 0.05)),
      kinds: kinds.stems,
      isKind: kinds.units,
      tokens: spelt,
      stems: spelt.map(stem),
      corrected: new Set(spelt.filter((token, i) => token !== typed[i]).map(stem)),
      compares: COMPARING.test(folded),
      asksSheet,
      isKnown: (word) => this.body.isKnown(word),
    };
  }

  /* How telling a word or a Han character of the query is; a character as the words that it is part of. */
  weight(units, i) {
    if (!HAN.test(units[i])) return this.body.weight(stem(this.body.spelt(units[i])));
    const pairs = [units[i - 1] + units[i], units[i] + units[i + 1]].filter((pair) => /^\p{Script=Han}{2}$/u.test(pair));
    const weights = pairs.length ? pairs.map((pair) => this.body.weight(pair)) : [this.body.weight(units[i])];
    return Math.min(...weights) / 2.8;
  }

  /* What of the query only names a kind, if there is anything else in it. */
  kinds(folded, places, kept) {
    const found = places.map(() => false);
    const stems = new Set();
    for (const { 0: word, index } of folded.matchAll(KIND)) {
      places.forEach((place, i) => {
        if (place.index >= index && place.index < index + word.length) found[i] = true;
      });
      for (const token of tokens(word)) stems.add(stem(token));
    }
    return found.every((is, i) => is || !kept[i]) ? { units: [], stems: new Set() } : { units: found, stems };
  }

  /* For each unit whether it only asks: "why", "how", unless it is part of a name. */
  isAsking(folded, places) {
    // In Chinese, IN层 means instance norm.
    const isName = ({ unit, index }) =>
      this.names.whole.has(unit) && (HAN.test(folded[index - 1] ?? "") || HAN.test(folded[index + unit.length] ?? ""));
    const asking = places.map((place) => ENGLISH.has(place.unit) && !isName(place));
    const units = places.map(({ unit }) => unit);
    for (const { 0: word, index } of folded.matchAll(QUESTION)) {
      places.forEach((place, i) => {
        if (place.index >= index && place.index < index + word.length) asking[i] = true;
      });
    }
    places.forEach(({ unit, index }, i) => {
      const alone = !HAN.test(folded[index - 1] ?? "") || asking[i - 1];
      const aloneAfter = !HAN.test(folded[index + 1] ?? "") || asking[i + 1];
      if (LONE.has(unit) && alone && (aloneAfter || (i > 0 && LEADING.has(unit)))) asking[i] = true;
    });
    for (let from = 0; from < units.length; from++) {
      for (let to = Math.min(units.length, from + 12); to > from + 1; to--) {
        if (this.names.whole.has(units.slice(from, to).join(""))) asking.fill(false, from, to);
      }
    }
    return asking;
  }

  // ---------------------------------------------------------------- the ranking

  rank(query) {
    const names = this.names.find(query);
    if (query.asksSheet) this.findSheets(query, names);
    const texts = this.body.find(query);
    const formulas = this.formulas.find(query.raw, this.simplified);
    const phrases = this.body.findPhrases(query);
    const sections = this.rankSections(query, texts.sections);
    const best = Math.max(0, ...[...texts.pages.values()].map((hit) => hit.score));
    const [found, weak] = [[], []];
    // The letters of a formula are no words: where one is found, what else stands on a page says little.
    const others = formulas.size && isFormula(query.folded) ? POINTS.beside : 1;
    for (const page of new Set([...names.keys(), ...phrases.keys(), ...texts.pages.keys(), ...formulas.keys()])) {
      const own = sections.get(page) ?? [];
      let name = names.get(page);
      const text = texts.pages.get(page);
      const formula = formulas.get(page);
      const wanted = query.asksSheet && this.pages[page].location.startsWith(SHEETS);
      const boost = wanted ? 1 : this.pages[page].boost;
      const coverage = text ? this.body.coverage(query, text) : 0;
      const likeness = Math.max(0, ...own.map((section) => section.likeness));
      let named = name ? name.points * (name.isPart ? 0.5 + 0.5 * coverage : 1) : 0;
      const phrase = phrases.get(page);
      if (phrase && POINTS.phrase * phrase.likeness > Math.max(named, ENOUGH.name)) {
        named = POINTS.phrase * phrase.likeness;
        name = { points: named, name: phrase.name, how: query.corrected.size ? "spelling" : "name" };
      }
      const parts = [named, boost * POINTS.heading * likeness, boost * (formula?.points ?? 0)];
      const most = Math.max(...parts);
      const rest = parts.reduce((sum, part) => sum + part, 0) - most;
      const body = text ? (boost * POINTS.text * (query.compares ? 0.5 : 1) * coverage * text.score) / best : 0;
      const hit = { page, score: most + others * (POINTS.others * rest + body) + (wanted ? POINTS.sheet : 0), name, formula, text, coverage, sections: own };
      const enough =
        (wanted && coverage >= ENOUGH.part) ||
        formula || name?.how === "name" || named >= ENOUGH.name || likeness >= ENOUGH.heading || coverage >= ENOUGH.text;
      (enough ? found : weak).push(hit);
    }
    const byScore = (a, b) => b.score - a.score || a.page - b.page;
    weak.sort(byScore);
    // A long question in other words than ours: two of its words together are better than nothing.
    const partly = ({ text, coverage }) => coverage >= ENOUGH.part && new Set(text.queryTerms).size > 1;
    return { found: [...found.sort(byScore), ...weak.filter(partly)], weak };
  }

  /* The sheets by what they are about, or by the concepts whose cards they have. */
  findSheets(query, names) {
    const found = this.sheets.find(query);
    for (const { location, page } of this.sections) {
      if (!location.startsWith(SHEETS)) continue;
      const card = location.split("#")[1];
      const named = card && names.get(this.concepts.get(card));
      const points = named ? CARD * named.points : 0;
      if (points > (found.get(page)?.points ?? 0)) found.set(page, { ...named, points });
    }
    const index = this.names.entries.find(({ page }) => this.pages[page].location === `${SHEETS}index.html`);
    if (!found.size && index) found.set(index.page, { points: NAME_POINTS.kind, name: index, how: "name" });
    for (const [page, name] of found) names.set(page, name);
  }

  /* The sections of each page that have words of the query, best first. */
  rankSections(query, hits) {
    const best = Math.max(0, ...[...hits.values()].map((hit) => hit.score));
    const found = new Map();
    for (const [id, hit] of hits) {
      const likeness = this.body.likeness(query, id, hit);
      const coverage = this.body.coverage(query, hit);
      const points = POINTS.heading * likeness + (POINTS.text * coverage * hit.score) / best;
      const section = { id, match: hit.match, likeness, coverage, points };
      const { page } = this.sections[id];
      found.set(page, [...(found.get(page) ?? []), section]);
    }
    for (const list of found.values()) list.sort((a, b) => b.points - a.points || a.id - b.id);
    return found;
  }

  // ---------------------------------------------------------------- the answer

  items(hit, query) {
    const page = this.pages[hit.page];
    const stems = new Set([...query.stems, ...Object.keys(hit.text?.match ?? {})]);
    for (const section of hit.sections) for (const term of Object.keys(section.match)) stems.add(term);
    if (hit.name) for (const one of tokens(content(fold(hit.name.name.text, this.simplified)))) stems.add(stem(one));
    const why = hit.formula
      ? ` <small class="yj-why">${WORDS[this.lang].formula} ${escapeHTML(hit.formula.text)}</small>`
      : reason(hit.name, page.title, WORDS[this.lang], stems, this.simplified);
    const named = hit.name?.how === "name" ? [hit.name.name.text] : [];
    const whole = this.item(page, hit.score, stems, query, why, named);
    const inside = this.inside(hit, query);
    const parts = inside.map(({ doc, first }, i) =>
      this.item(doc, first ? hit.score : hit.score * (0.9 - 0.1 * i), stems, query, "", named),
    );
    if (!inside[0]?.first) return [whole, ...parts];
    return [parts[0], { ...whole, score: hit.score * 0.99 }, ...parts.slice(1)];
  }

  /* The sections to show; `first` where the query asks for more than the page as a whole. */
  inside(hit, query) {
    const top = this.pages[hit.page].location;
    if (hit.formula?.anchor) {
      const doc = this.sections.find((one) => one.location === `${top}#${hit.formula.anchor}`);
      if (doc) return [{ doc, first: true }];
    }
    const good = hit.sections.filter(
      ({ id, coverage, likeness }) => this.sections[id].location !== top && (coverage >= 0.5 || likeness >= 0.35),
    );
    const asksMore = this.uncovered(hit, query) > 0.25;
    return good.slice(0, 4).map(({ id, likeness }, i) => ({ doc: this.sections[id], first: i === 0 && (asksMore || likeness > 0.8) }));
  }

  /* The share of the query that the page's names do not cover. */
  uncovered({ name }, { weights }) {
    if (!name) return 1;
    if (!name.covers || name.points > 85) return 0;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return 1 - name.covers.reduce((sum, share, i) => sum + Math.min(1, share) * weights[i], 0) / total;
  }

  /* `named`: names that the page may have beyond the text that the index kept of it. */
  item(doc, score, stems, query, why = "", named = []) {
    return {
      location: doc.location,
      title: marked(doc.title, stems, this.simplified) + why,
      text: doc.isTop ? `<p>${passage(doc.lead, stems, this.simplified, PASSAGE[this.lang])}</p>` : told(doc.words, stems, this.simplified),
      score,
      terms: foundWords([doc.title, doc.text, ...named], stems, query, this.simplified),
    };
  }

  /* An honest answer to what the site does not have, and what comes nearest. */
  nothing(query, weak) {
    const words = WORDS[this.lang];
    const near = [...new Set([...this.names.nearest(query.compact, 3), ...weak.map((hit) => hit.page)])].slice(0, 3);
    const notice = {
      location: this.glossary,
      title: `<span class="yj-nothing">${escapeHTML(words.nothing(query.raw))}</span>`,
      text: `<p>${near.length ? words.near : words.none}</p>`,
      score: 2,
      terms: {},
    };
    const nearest = near.map((page) => this.item(this.pages[page], 1, new Set(query.tokens.map(stem)), { tokens: [] }));
    return [[notice], ...nearest.map((item) => [item])];
  }
}
