/* Text as the search compares it.  The files of this folder are joined into one script by gen/search.py,
   in the order: MiniSearch, text, names, body, show, engine, worker. */

const HAN = /\p{Script=Han}/u;
const TOKEN = /[a-z0-9]+|[α-ω]+|\p{Script=Han}+/gu;
const UNIT = /[a-z0-9]+|[α-ω]+|\p{Script=Han}/gu;

/* The characters of `text` with one form for each: half width, lower case, no accents, simplified. */
function fold(text, simplified) {
  const plain = text.normalize("NFKC").toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const one = plain.normalize("NFC").replace(/ς/g, "σ").replace(/[−–—‐‑]/g, "-").replace(/[’']/g, "");
  return simplified ? Array.from(one, (char) => simplified.get(char) ?? char).join("") : one;
}

/* Folded text without anything between its words: nn.LeakyReLU and "NN leaky relu" are the same. */
const compact = (folded) => (folded.match(TOKEN) ?? []).join("");

const ENDINGS = [
  [/i[sz]e([ds]?|r)$/, "iz"],
  [/i[sz](ation|ing)s?$/, "iz"],
  [/(ations?|ating|at(?:e[ds]?|ors?))$/, ""],
  [/(ities|ity|ions?|ings?|ed|es|e|s)$/, ""],
];

/* An English word without its ending; wrong for some words, but for the same ones on both sides. */
function stem(word) {
  if (word.length < 5 || HAN.test(word)) return word.length === 4 ? word.replace(/s$/, "") : word;
  const american = word.replace(/^centr(?=e|i)/, "center").replace(/^centeree?/, "centere");
  for (const [ending, instead] of ENDINGS) {
    const short = american.replace(ending, instead);
    if (short !== american && short.length >= 4) return short.replace(/(.)\1$/, "$1");
  }
  return american;
}

/* Words, and every two neighbouring Han characters: Chinese has no spaces to split at. */
function tokens(folded) {
  const found = [];
  for (const run of folded.match(TOKEN) ?? []) {
    if (!HAN.test(run)) found.push(run);
    else if (run.length === 1) found.push(run);
    else for (let i = 0; i + 1 < run.length; i++) found.push(run.slice(i, i + 2));
  }
  return found;
}

/* What only asks, and says nothing of the subject. */
const QUESTION = new RegExp(
  "请问|为什么|为啥|为何|会不会|要不要|用不用|一定要|还要|怎么办|怎么样|怎么|怎样|如何|什么时候|有什么|有哪些|是什么|什么是|什么|哪些|哪个|哪种|哪|多少|" +
    "还是|区别|差别|差异|对比|比较|相比|通常|一般|究竟|到底|更好|有没有|是不是|是否|能不能|能否|可不可以|可以|需要|应该|一下|之间|[的吗呢了吧啊]",
  "g",
);
const LONE = new Set("是有在和与跟用会能把被比对从到做好要又也");
/* Of these, what only asks even where a word follows: 是非线性的. */
const LEADING = new Set("是在会能被也又要");
const ENGLISH = new Set(
  ("a after also an and any are as at be before best better but by can could do does few for from give good happens has have how i if in is it its just make me my not " +
    "of on only vs versus compare compared comparison difference differences between one or should that the their there these they this to use usually often used using was we what when where which why " +
    "will with without work would you your need than").split(" "),
);

/* What names a kind, of things or of what is told of them: "relu激活函数" asks for ReLU. */
const KIND = new RegExp(
  "激活函数|损失函数|优化器|优化算法|神经网络|网络|函数|算法|公式|定义|推导|代码|原理|实现|详解|图解|面试|" +
    "导致|造成|引起|坏处|好处|优点|缺点|优缺点|作用|意义|问题|影响|" +
    "\\b(?:activation functions?|activations?|loss functions?|loss(?:es)?|optimi[sz]ers?|neural net(?:work)?s?|networks?|layers?|functions?|" +
    "formulas?|definitions?|derivations?|advantages?|disadvantages?|problems?|effects?|causes?|bad|purpose|meaning|code|python|pytorch|torch|numpy|implement(?:ation|ed)?|explained|example|tutorial)\\b",
  "g",
);

/* What compares two things: the answer stands where both are held against one another, not where each is told. */
const COMPARING =
  /\b(vs|versus|than|beats?|compar(?:e[ds]?|ing|ison)|differences?(?: between)?|instead of|outperforms?)\b|比.{1,16}好|区别|差别|差异|对比|比较|相比|优于|胜过|好于|还是/;
const COMPARED = "\u0000vs";

/* What asks for a sheet to print. */
const SHEET = /公式速查表?|速查表?|小抄|(?:formula )?cheat ?sheets?|可打印|printable/g;

/* The folded text without the words that only ask. */
function content(folded) {
  const words = folded.replace(QUESTION, " ").match(TOKEN) ?? [];
  return words.filter((word) => !ENGLISH.has(word) && !LONE.has(word)).join(" ");
}

/* How many letters of a word may be wrong. */
const tolerance = (length) => (length >= 8 ? 2 : length >= 4 ? 1 : 0);

/* The word with each pair of neighbouring letters swapped: MiniSearch counts that as two errors. */
function swaps(word) {
  const found = [];
  for (let i = 0; i + 1 < word.length; i++) {
    if (word[i] !== word[i + 1]) found.push(word.slice(0, i) + word[i + 1] + word[i] + word.slice(i + 2));
  }
  return found;
}

const escapeHTML = (text) =>
  text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]);
