// Texts of GraphQL strings beside what graphql-js, the reference implementation, reads in them. The server's tests
// read the same table: `node test/literals.mjs` writes it, and the test beside this file fails when it is stale.
import { writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { parseConstValue } from "graphql";

export const table = new URL("../../graph/document/syntax/testdata/literals.json", import.meta.url);

// Control characters, which graphql-js takes as they are, are left out: the server wants them escaped.
const plain = ["a", "b", " ", "\t", "é", "\u{1f600}", "\u2028", "\u00a0", "#", "'", "{", "\\\\", "\\/"];
const quoted = [...plain, '\\"', "\\n", "\\t", "\\ud83d\\ude00", "\\u00e9", "\\u{1F600}"];
const broken = ["\\ud800", "\\uDFFF", "\\ude00\\ud83d", "\\u{d800}", "\\ud83d\\u{de00}", "\\ud83d", "\\x", "\n", "\\u12"];
const lines = ["a", "b", " ", "  ", "\t", "é", "\u{1f600}", "\\", "#", '"', '""', '\\"""', "\\n", "\\ud800", "\u00a0"];
const ends = ["\n", "\r\n", "\r", "\n\n", "\n  ", "\n    ", "\n\t", "\n "];

// What a seeded generator would meet too seldom.
const chosen = [
  '""', '""""""', '"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00"', '"\\u{D800}"', '"\\\\ud800"', '"\\ud83d \\ude00"',
  '"""a\n    b\n    c"""', '"""a\n    b\n  c"""', '"""  a\n    b"""', '"""\n    a\n      b\n"""', '"""a\r\n  b\r  c"""',
  '"""a"""', '"""a""""', '"""""""', '"""a\\""""""', '"""\\ud800"""', '"""a\n  """', '"""a\n\n    b\n\n"""', '"""\n\n"""',
  '"""a\n\t b"""', '"""😀\n  😀"""',
];

/** render returns the table: an array of a literal, and of its value, which is null for what is none. */
export function render(count = 800) {
  const literals = new Set(chosen);
  const random = seeded(20);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (most, one) => Array.from({ length: Math.floor(random() * most) }, one).join("");
  while (literals.size < count) {
    const text = random() < 0.5 ? pick(["", pick(broken)]) : "";
    if (random() < 0.4) literals.add(`"${some(8, () => pick(quoted))}${text}${some(5, () => pick(quoted))}"`);
    else literals.add(`"""${some(4, () => pick(lines))}${some(6, () => pick(ends) + some(4, () => pick(lines)))}"""`);
  }
  const rows = [...literals].map((literal) => JSON.stringify([literal, valueOf(literal)]));
  return `[\n${rows.join(",\n")}\n]\n`;
}

function valueOf(literal) {
  try {
    return parseConstValue(literal).value;
  } catch {
    return null;
  }
}

// seeded returns the same numbers each time (a linear congruential generator; Numerical Recipes, 2nd edition, §7.1).
function seeded(state) {
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

if (argv[1] === fileURLToPath(import.meta.url)) await writeFile(table, render());
