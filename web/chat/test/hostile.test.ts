import { tests } from "commonmark-spec";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { address } from "../src/markdown/address";
import { Blocks } from "../src/markdown/Blocks";
import { parse } from "../src/markdown/parse";
import type { Block, Inline } from "../src/markdown/tree";
import { nasty } from "./shape";

// Node 20 has none.
if (!("navigator" in globalThis)) vi.stubGlobal("navigator", {});

const known = /^<\/?(?:p|strong|em|del|code|pre|blockquote|ul|ol|li|div|bdi)(?: (?:dir|class|style|start|tabindex|role|aria-label)="[^"<>]*")*\/?>|^<a href="https?:\/\/[^"<>\s]+" target="_blank" rel="noopener noreferrer ugc nofollow"(?: title="[^"<>]*")?>|^<\/a>/;

const markup = (text: string): string => renderToStaticMarkup(createElement(Blocks, { blocks: parse(text).blocks }));

function judge(text: string): void {
  const html = markup(text);
  for (let at = html.indexOf("<"); at >= 0; at = html.indexOf("<", at + 1)) {
    expect(known.test(html.slice(at)) || html.slice(at, at + 200), JSON.stringify(text)).toBe(true);
  }
  lost(text);
}

const lettersOf = (text: string): string[] => [...text.matchAll(/[\p{L}\p{N}]/gu)].map(([letter]) => letter);

const count = (some: readonly string[]) => some.reduce((sums, letter) => sums.set(letter, (sums.get(letter) ?? 0) + 1), new Map<string, number>());

// What is shown was written, in this order; and of what was written nothing is lost but the numbers of lists, which are shown by themselves.
// Addresses of links stand where they can be looked at; that of a picture that is a link itself does not.
function lost(text: string): void {
  const { blocks } = parse(text);
  const written = lettersOf(text);
  let at = 0;
  for (const letter of lettersOf(all(blocks, false))) {
    at = written.indexOf(letter, at) + 1;
    if (at === 0) expect(letter, `${JSON.stringify(text)}: it is shown and was not written there`).toBe("");
  }
  if (text.includes("![")) return;
  const has = count(lettersOf(all(blocks, true)));
  for (const [letter, times] of count(written)) {
    if ((has.get(letter) ?? 0) < times && !/\p{N}/u.test(letter)) expect(letter, `${JSON.stringify(text)}: it is lost`).toBe("");
  }
}

const all = (blocks: readonly Block[], addresses: boolean): string =>
  blocks
    .map((block) => {
      if (block.kind === "quote") return all(block.blocks, addresses);
      if (block.kind === "list") return block.items.map((item) => all(item, addresses)).join(" ");
      return block.kind === "code" ? `${block.language} ${block.text}` : inline(block.parts, addresses);
    })
    .join(" ");

const inline = (parts: readonly Inline[], addresses: boolean): string =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      if (part.kind === "code") return part.text;
      const words = inline(part.parts, addresses);
      return addresses && part.kind === "link" ? `${words} ${typed(part.href)} ${part.title}` : words;
    })
    .join("\0"); // halves of a letter on two sides of a marker are none

// A browser writes an address in small letters where case does not matter.
const typed = (href: string): string => href + href.toUpperCase();

test("10,000 documents of nasty pieces are text, known elements and links of the web", () => {
  for (let seed = 0; seed < 10_000; seed++) judge(nasty(seed));
});

test.each(tests.map(({ number, markdown }) => [number, markdown.replaceAll("→", "\t")] as const))("example %i of CommonMark", (_, text) => judge(text));

const bad = [
  ..."javascript:alert(1)|JAVASCRIPT:alert(1)|java\tscript:alert(1)|java\nscript:alert(1)|\u0001javascript:alert(1)|javascript&colon;alert(1)|&#106;avascript:alert(1)".split("|"),
  ..."javascript://x.example/%0aalert(1)|data:text/html;base64,PHN2Zz4=|DATA:text/html,x|vbscript:msgbox(1)|file:///etc/passwd|blob:http://x.example/1|about:blank".split("|"),
  ..."view-source:http://x.example|feed:http://x.example|ftp://x.example|mailto:a@b.example|tel:1|//x.example|/x|x|?x|#x|.|http:|http:/x|http://|https:///".split("|"),
  ..."http://a@x.example|http://a:b@x.example|http://:b@x.example|http://x.example\\@y.example|http:\\\\x.example|http://x.example/\u202egnp.exe|http://x\u0000.example|http://x y|http://[::1|http://%00".split("|"),
];

test.each(bad)("%j leads nowhere", (href) => {
  expect(address(href)).toBeUndefined();
  for (const text of [`[a](${href})`, `[a](<${href}>)`, `![a](${href})`, `<${href}>`, `[a][b]\n\n[b]: ${href}`, `<a href="${href}">a</a>`, `<img src=${href} onerror=alert(1)>`]) judge(text);
  expect(markup(`[a](${href})`)).not.toMatch(/href="(?!https?:)/);
});

test("addresses of the web lead there", () => {
  expect(address("HTTPS://X.example/A?b=c#d")).toBe("https://x.example/A?b=c#d");
  expect(address("http://bücher.example")).toBe("http://xn--bcher-kva.example/");
  expect(address("http://[::1]:8080/")).toBe("http://[::1]:8080/");
});

const deep = "* |> |- |>> |1. |[|![|(|]|[a](|*|**|_|__|*a |_a |**a* |~~|~~a |`|``a|`a``|<|<a |<!--|</|\\|[x](http://x|http://|http://x(|(http://x.example/a_|*a_b|> - |- > |\n- |\n> |\n  - |#|# |```\n|~~~\n|a\n\n|@a|a*|a**b|[*a](http://x.example)|*[a](http://x.example)|<http://|&#|![a](http://x.example)".split("|");

// Time is counted as what the processor does for this program, of the better of some tries.
function effort(text: string): number {
  let least = Infinity;
  for (let tries = 0; tries < 3; tries++) {
    const before = process.cpuUsage();
    parse(text);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least / 1000;
}

test.each(deep)("%j over and over is bounded", (piece) => {
  const of = (length: number) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  parse(of(1 << 12));
  const half = effort(of(1 << 13));
  const whole = effort(of(1 << 14));
  expect(whole).toBeLessThan(6 * Math.max(half, 20));
  judge(of(1 << 12));
  markup(of(1 << 14));
});
