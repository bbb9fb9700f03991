/* The names of the pages: titles, aliases, those of the twin in the other language; by letters, by
   sound, by initials.  MiniSearch ranks words in texts; a name is matched as a whole, so this part
   uses only its radix tree. */

const WHOLE = 0.95; // the share of a query from which on a name is all that it asks for
const API = /^(?:torch\.|nn\.|F\.|optim\.|functional\.|lr_scheduler\.|init\.|keras\.|layers\.|losses\.|tf\.)+([A-Za-z]+(?:_|\d|[a-z][A-Z])\w*)$/;
const NAME_POINTS = { whole: 150, question: 125, kind: 112, sound: 105, homophone: 84, misspelt: 76, initials: 70 };

class Names {
  /* `pages` as in the index; `sounds` gives the syllable of a Han character. */
  constructor(pages, sounds, simplified) {
    this.sounds = sounds;
    this.entries = [];
    this.whole = new SearchableMap();
    this.bare = new Map(); // nn.BatchNorm2d without its module, where it is no common word
    this.tails = new SearchableMap();
    this.spoken = new SearchableMap();
    this.spokenTails = new SearchableMap();
    this.initials = new Map();
    pages.forEach((page, number) => {
      for (const [text, weight, pinyin] of page.names) this.add(number, text, weight, pinyin, simplified);
    });
  }

  /* `pinyin` is given where it is not that of the characters one by one. */
  add(page, text, weight, pinyin, simplified) {
    const units = fold(text, simplified).match(UNIT) ?? [];
    const name = { page, text, weight, compact: units.join("") };
    if (!name.compact) return;
    this.entries.push(name);
    put(this.whole, name.compact, name);
    const bare = text.match(API)?.[1];
    if (bare) put(this.bare, compact(fold(bare, simplified)), name);
    for (let i = 1; i < units.length; i++) put(this.tails, units.slice(i).join(""), name);
    const han = units.filter((unit) => HAN.test(unit));
    if (!han.length) return;
    const syllables = pinyin ? pinyin.split(" ") : han.map((char) => this.sounds.get(char));
    const spoken = units.map((unit) => (HAN.test(unit) ? syllables.shift() : unit));
    units.forEach((unit, i) => {
      if (HAN.test(unit) && !this.sounds.has(unit)) this.sounds.set(unit, spoken[i]); // a rare one, as 熵
    });
    name.spoken = spoken.join("");
    put(this.spoken, name.spoken, name);
    for (let i = 1; i < spoken.length; i++) put(this.spokenTails, spoken.slice(i).join(""), name);
    put(this.initials, units.map((unit, i) => (HAN.test(unit) ? spoken[i][0] : unit)).join(""), name);
  }

  isNameOf(text, page) {
    return (this.whole.get(text) ?? []).some((name) => name.page === page);
  }

  /* How the text sounds, or nothing when a character is not known. */
  speak(text) {
    const spoken = Array.from(text, (char) => (HAN.test(char) ? this.sounds.get(char) : char));
    return spoken.includes(undefined) ? "" : spoken.join("");
  }

  /* The best match of each page: page -> {points, name, how}. */
  find(query) {
    const best = new Map();
    const offer = (names, points, how) => {
      for (const name of names ?? []) {
        const weighed = points * name.weight;
        if (weighed > (best.get(name.page)?.points ?? 0)) best.set(name.page, { points: weighed, name, how });
      }
    };
    this.byLetters(query, offer);
    if (HAN.test(query.compact)) this.byHomophones(query.compact, offer);
    else this.bySound(query.compact.replace(/([ln])v/g, "$1u"), offer);
    this.inside(query, best);
    return best;
  }

  byLetters({ compact: text, units, isKnown }, offer) {
    offer(this.whole.get(text), NAME_POINTS.whole, "name");
    offer(this.tails.get(text), 85, "name");
    if (text.length < 2) return;
    for (const [key, names] of this.whole.atPrefix(text)) offer(names, 50 + (40 * text.length) / key.length, "name");
    for (const [key, names] of this.tails.atPrefix(text)) offer(names, 42 + (36 * text.length) / key.length, "name");
    const wrong = HAN.test(text) ? Number(text.length >= 4) : tolerance(text.length);
    if (!wrong || this.whole.has(text)) return;
    if (units.every(isKnown)) {
      // Perhaps meant as it stands, but a long name that differs in one letter is more likely.
      if (text.length < 8 || HAN.test(text)) return;
      for (const [names, distance] of this.whole.fuzzyGet(text, 1).values()) if (distance) offer(names, 55, "spelling");
      return;
    }
    for (const [names, distance] of this.whole.fuzzyGet(text, wrong).values()) {
      if (distance) offer(names, NAME_POINTS.misspelt - 10 * distance, "spelling");
    }
    for (const other of swaps(text)) offer(this.whole.get(other), NAME_POINTS.misspelt - 10, "spelling");
  }

  bySound(text, offer) {
    if (text.length < 2) return;
    offer(this.spoken.get(text), NAME_POINTS.sound, "pinyin");
    offer(this.initials.get(text), text.length > 2 ? NAME_POINTS.initials : 45, "initials");
    if (text.length >= 4) {
      for (const [key, names] of this.spoken.atPrefix(text)) offer(names, 46 + (36 * text.length) / key.length, "pinyin");
    }
    if (text.length >= 5) {
      for (const [key, names] of this.spokenTails.atPrefix(text)) offer(names, 38 + (36 * text.length) / key.length, "pinyin");
    }
    if (text.length >= 7) {
      for (const [names, distance] of this.spoken.fuzzyGet(text, 1).values()) if (distance) offer(names, 60, "pinyin");
    }
    if (text.length >= 4) {
      for (const [key, names] of this.initialsFrom(text)) offer(names, 40 + (20 * text.length) / key.length, "initials");
    }
  }

  initialsFrom(text) {
    return [...this.initials].filter(([key]) => key.length > text.length && key.startsWith(text));
  }

  byHomophones(text, offer) {
    const spoken = this.speak(text);
    if (!spoken) return;
    offer(this.spoken.get(spoken), NAME_POINTS.homophone, "sound");
    if (spoken.length < 5) return;
    for (const [key, names] of this.spoken.atPrefix(spoken)) offer(names, 42 + (34 * spoken.length) / key.length, "sound");
    for (const [key, names] of this.spokenTails.atPrefix(spoken)) offer(names, 36 + (34 * spoken.length) / key.length, "sound");
  }

  /* Names inside a longer query: the more of its content they cover, the better. */
  inside(query, best) {
    const covered = new Map(); // page -> share of each unit of the query that its names cover
    const { units, weights } = query;
    for (let from = 0; from < units.length; from++) {
      for (let to = from + 1; to <= Math.min(units.length, from + 12); to++) {
        if (to - from === units.length) continue; // the whole has been looked up
        const piece = units.slice(from, to).join("");
        for (const { names, share, how } of this.piece(piece, to - from, query)) {
          for (const name of names) {
            const shares = covered.get(name.page) ?? { by: new Array(units.length).fill(0), name, length: 0, how };
            for (let i = from; i < to; i++) shares.by[i] = Math.max(shares.by[i], share);
            if (to - from > shares.length) Object.assign(shares, { name, length: to - from, how, worth: name.weight });
            covered.set(name.page, shares);
          }
        }
      }
    }
    const sum = (list, without) => list.reduce((total, value, i) => total + (without?.[i] ? 0 : value), 0);
    // What compares is part of what is asked, and no name covers it.
    const asked = (without) => sum(weights, without) + (query.compares ? COMPARING_WEIGHT : 0);
    for (const [page, { by, name, how, length, worth }] of covered) {
      const own = by.map((value, i) => value * weights[i]);
      const share = sum(own) / asked();
      // A query that asks for nothing but a name, or says besides of what kind it is, is nearly as good as the name.
      const named = query.isKind.length ? sum(own, query.isKind) / asked(query.isKind) : 0;
      let points = 30 + 60 * share;
      if (share > WHOLE) points = NAME_POINTS.question;
      else if (named > WHOLE) points = NAME_POINTS.kind + Math.min(length, 4);
      points *= worth;
      const other = best.get(page);
      if (points > (other?.points ?? 0)) best.set(page, { points, name, how, isPart: Math.max(share, named) <= WHOLE });
      best.get(page).covers = by;
    }
  }

  piece(text, count, query) {
    const exact = this.whole.get(text) ?? this.bare.get(text);
    if (exact && (text.length > 1 || query.units.length === 1)) return [{ names: exact, share: 1, how: "name" }];
    if (HAN.test(text)) {
      const spoken = count > 1 && this.speak(text);
      const names = spoken && this.spoken.get(spoken);
      return names ? [{ names, share: 0.8, how: "sound" }] : [];
    }
    if (count > 1 || text.length < 4 || query.isKnown(text)) return [];
    const near = [...this.whole.fuzzyGet(text, tolerance(text.length)).values()].map(([names]) => names);
    const swapped = swaps(text).map((other) => this.whole.get(other)).filter(Boolean);
    return [...near, ...swapped].map((names) => ({ names, share: 0.7, how: "spelling" }));
  }

  /* For a query that finds nothing: the names that share most letter pairs with it. */
  nearest(text, count) {
    const pairs = (word) => new Set(Array.from({ length: Math.max(0, word.length - 1) }, (_, i) => word.slice(i, i + 2)));
    const wanted = pairs(text);
    const found = new Map();
    for (const name of this.entries) {
      const own = pairs(name.compact);
      const shared = [...own].filter((pair) => wanted.has(pair)).length;
      const likeness = (2 * shared) / (own.size + wanted.size || 1);
      if (likeness >= 0.3 && likeness > (found.get(name.page) ?? 0)) found.set(name.page, likeness);
    }
    return [...found].sort((a, b) => b[1] - a[1]).slice(0, count).map(([page]) => page);
  }

  /* What the last word of the query may become, for the grey completion in the search box. */
  complete(folded) {
    const words = folded.split(/[\s-]+/);
    if (!words.at(-1)) return [];
    const names = this.entries.map((name) => name.text.toLowerCase()).filter((name) => name.startsWith(folded));
    const shortest = names.sort((a, b) => a.length - b.length)[0];
    return shortest ? [shortest.split(/[\s-]+/)[words.length - 1]] : [];
  }
}

function put(map, key, name) {
  const names = map.get(key);
  if (names) names.push(name);
  else map.set(key, [name]);
}
