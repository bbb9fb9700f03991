/* Formulas: what is typed is compared with those of the pages by their parts, one by one and in pairs,
   without what people leave out or write in several ways: indices, hats, brackets, signs of multiplication. */

const SIGNS = /[=^/*+()∑√·×←∇∂⊙]|[α-ω]|\b(?:sum|sqrt|exp|log|ln)\b/;
const FUNCTION = /softmax|sigmoid|arctan|tanh|relu|gelu|silu|sign|mean|median|sqrt|norm|clip|diag|erf|exp|log|max|min|std|var|cos|sin|sum|lse|ln|kl/;
const PIECE = new RegExp(`${FUNCTION.source}|[a-z]|[α-ω]|\\d+(?:\\.\\d+)?|[-+/^|=√Σ∇⊙<>≤≥⌈⌊]`, "g");
const SAME = { ln: "log", sigmoid: "σ", sqrt: "√", sum: "Σ" };
const GREEK =
  /alpha|beta|gamma|delta|epsilon|theta|lambda|(?<![a-z])lam(?![a-z])|sigma|omega|eta|(?<![a-z])lr(?![a-z])|rho|phi|psi|tau|nabla|grad|pi|mu/;
const LETTERS = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ", lambda: "λ", lam: "λ", sigma: "σ", omega: "ω",
  eta: "η", lr: "η", rho: "ρ", phi: "φ", psi: "ψ", tau: "τ", nabla: "∇", grad: "∇", pi: "π", mu: "μ",
};
const LIKE = 0.55; // the share of the query that a side must have

/* The parts of a formula in their order. */
function formulaParts(folded) {
  const plain = folded
    .replace(/\p{Script=Han}+/gu, " ")
    .replace(/\b(np|torch|math|jnp|tf|f|nn)\.(?=[a-z])/g, "")
    .replace(/(max|min)imum/g, "$1")
    .replace(/\bceil\(/g, "⌈")
    .replace(/\bfloor\(/g, "⌊")
    .replace(/(?<![a-z])([fgh])\([a-z]\)/g, "$1")
    .replace(/_?(hat|bar)(?![a-z])/g, "")
    .replace(/\*\*/g, "^")
    .replace(/←|:=/g, "=")
    .replace(/‖|∥|\|\||\bparallel\b/g, "|")
    .replace(/∑|\bsum\b|σ(?=_[a-z]=)/g, "Σ")
    .replace(/Σ_(\{[^}]*\}|[a-z](=|∈|≠)?[^\s^]*)(\^(\{[^}]*\}|\w+))?/g, "Σ ")
    .replace(/(?<![a-z])\(?[∂d]\s*[a-z]\w*\)?\s*\/\s*\(?[∂d]\s*([a-zα-ω])/g, " ∇$1")
    .replace(/(?<![a-z])d(?=[wxbyz](?![a-z]))/g, "∇")
    .replace(new RegExp(GREEK, "g"), (name) => LETTERS[name])
    .replace(/_(\{[^}]*\}|[a-z0-9]+([-+]1)?(,[a-z0-9_]+)?)/g, " ")
    .replace(/([a-zα-ω])\d+/g, "$1 ")
    .replace(/(?<![a-z])(?!ln)([a-df-z])[tijkn](?![a-z])/g, "$1")
    .replace(/\be\^/g, "exp ");
  return (plain.match(PIECE) ?? []).map((piece) => SAME[piece] ?? piece);
}

/* Whether a query has nothing but a formula. */
const isFormula = (folded) =>
  !HAN.test(folded) && (folded.match(/[a-z]{3,}/g) ?? []).every((word) => FUNCTION.test(word) || GREEK.test(word));

/* Whether a name is a formula as people type it, w = w - lr * grad: compared with a query like those of the page. */
const isTyped = (folded) => /[=^/*+]/.test(folded) && isFormula(folded) && formulaParts(folded).length > 3;

/* Single parts and neighbouring pairs. */
function pairsOf(parts) {
  return [...parts, ...parts.slice(1).map((part, i) => `${parts[i]} ${part}`)];
}

/* The parts between the signs that say what is equal to what. */
function sidesOf(parts) {
  const sides = [[]];
  for (const part of parts) {
    if (part === "=") sides.push([]);
    else sides.at(-1).push(part);
  }
  return sides.filter((side) => side.length);
}

/* The same formula in other letters: each letter by its first place. */
function shapeOf(parts) {
  const seen = new Map();
  return parts.map((part) => {
    if (!/^([a-z]|[α-ρτ-ω])$/.test(part)) return part;
    if (!seen.has(part)) seen.set(part, `@${seen.size}`);
    return seen.get(part);
  });
}

const GREEK_LETTER = /^[α-ω]$/;
const DECIMAL = /^\d+\.\d+$/;

class Formulas {
  /* `isName(text, page)` tells whether a text is a name of a page. */
  constructor(pages, simplified, isName) {
    const typed = (names) => names.map(([name]) => name).filter((name) => isTyped(fold(name, simplified)));
    this.all = pages.flatMap((page, i) =>
      [...page.formulas, ...typed(page.names).map((name) => [name, ""])].map(([text, anchor]) => {
        const folded = fold(text, simplified);
        const parts = formulaParts(folded);
        const sides = sidesOf(parts);
        const wholes = sides.length > 1 ? [parts] : [];
        const called = folded.split("=").map((side) => compact(side.replace(/_.*|\(.*|'/g, "")));
        return {
          page: i,
          text,
          anchor,
          left: sides[0]?.join(" "),
          named: called.some((name) => name && isName(name, i)),
          sides: [...sides, ...wholes].map((side) => this.side(side)),
        };
      }),
    );
    this.counts = new Map();
    for (const { sides } of this.all) {
      for (const pair of new Set(sides.flatMap(({ pairs }) => pairs))) this.counts.set(pair, (this.counts.get(pair) ?? 0) + 1);
    }
  }

  /* `plain`: without parameters, which a formula may have more of than the one that is asked for. */
  side(parts) {
    const plain = parts.filter((part) => !GREEK_LETTER.test(part) || part === "σ");
    const has = plain.length && plain.length < parts.length;
    return { parts, pairs: pairsOf(parts), plain: has ? pairsOf(plain) : null, shape: shapeOf(parts).join(" ") };
  }

  weight(pair) {
    return Math.log(1 + this.all.length / ((this.counts.get(pair) ?? 0) + 0.5));
  }

  sum(pairs) {
    return pairs.reduce((total, pair) => total + this.weight(pair), 0);
  }

  /* page -> {points, text, anchor}: the formula that is most like the query. */
  find(raw, simplified) {
    const found = new Map();
    const folded = fold(raw.replace(/Σ/g, "∑"), simplified);
    const parts = SIGNS.test(folded) ? formulaParts(folded) : [];
    if (!parts.length) return found;
    const general = parts.filter((part) => !DECIMAL.test(part)); // a number where the site has a letter
    const asked = [parts, ...(general.length < parts.length ? [general] : [])].map((one) => this.side(one));
    for (const one of asked) one.sum = this.sum(one.pairs);
    for (const { page, text, anchor, left, named, sides } of this.all) {
      let points = left === parts.join(" ") ? 115 : 0;
      for (const side of sides) {
        for (const one of asked) points = Math.max(points, this.likeness(one, side));
      }
      if (points && named) points += 5;
      if (points > (found.get(page)?.points ?? 0)) found.set(page, { points, text, anchor });
    }
    return found;
  }

  likeness(asked, side) {
    const { share, own } = this.shared(asked, side.pairs);
    if (asked.parts.length > 3 && asked.shape === side.shape) return 75 + 35 * share;
    const points = this.points(asked, share, own);
    if (share === 1 || asked.plain || !side.plain) return points;
    const plain = this.shared(asked, side.plain);
    return Math.max(points, 0.97 * this.points(asked, plain.share, plain.own));
  }

  points(asked, share, own) {
    return share < LIKE || (asked.parts.length < 3 && share < 1) ? 0 : 110 * share * share * (0.5 + 0.5 * own);
  }

  /* The share of the query that a side has, and of the side what the query has. */
  shared(asked, pairs) {
    const rest = [...pairs];
    let sum = 0;
    let count = 0;
    for (const pair of asked.pairs) {
      const at = rest.indexOf(pair);
      if (at < 0) continue;
      rest.splice(at, 1);
      sum += this.weight(pair);
      count++;
    }
    const share = count === asked.pairs.length ? 1 : sum / asked.sum;
    return { share, own: share < LIKE ? 0 : sum / (sum + this.sum(rest)) };
  }
}
