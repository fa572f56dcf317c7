import { expect, test } from "vitest";
import { elsewhere } from "../src/markdown/address";
import { cut } from "../src/markdown/cut";
import { withNames } from "../src/markdown/names";
import { parse } from "../src/markdown/parse";
import { plain, wordsOf } from "../src/markdown/plain";
import { nasty, shape } from "./shape";

test.each<[string, string[]]>([
  ["", []],
  [" \n\t\n", []],
  ["one\ntwo", ["one\ntwo"]],
  ["one\r\ntwo\rthree", ["one\ntwo\nthree"]],
  ["one  \ntwo\\\nthree", ["one  \ntwo\\\nthree"]],
  ["one\n\n\ntwo", ["one", "two"]],
  ["**b** *i* _i_ __b__ ~~s~~ ***x***", ["<strong>b</strong> <em>i</em> <em>i</em> <strong>b</strong> <del>s</del> <em><strong>x</strong></em>"]],
  ["2 * 3 * 4, snake_case_name, ~5 to ~6", ["2 * 3 * 4, snake_case_name, ~5 to ~6"]],
  ["\\*a\\* \\a", ["*a* \\a"]],
  ["a `b *c*` ``d`e``", ["a <code>b *c*</code> <code>d`e</code>"]],
  ["```go\na  b\n\n*c*\n```\nd", ["code go|a  b\n\n*c*", "d"]],
  ["a\n```\nb", ["a", "code |b"]],
  ["    indented", ["    indented"]],
  ["- a\n- b\n  - c\nd", ["list(a; b / list(c))", "d"]],
  ["7. a\n8. b", ["list7(a; b)"]],
  ["0. a", ["list0(a)"]],
  ["- a\n\n  b\n\n- c", ["list(a / b; c)"]],
  ["- a\n  ```\n  b\n  ```", ["list(a / code |b)"]],
  ["- [ ] a\n- [x] **b**", ["list([ ] a; [x] <strong>b</strong>)"]],
  ["+", ["+"]],
  ["-", ["-"]],
  ["1.", ["1."]],
  ["-5 degrees\n+1", ["-5 degrees\n+1"]],
  ["> a\n> b\nc", ["quote(a\nb)", "c"]],
  ["> a\n>> b", ["quote(a / quote(b))"]],
  ["> > a\n> - b", ["quote(quote(a) / list(b))"]],
  [">_< >:( >", [">_< >:( >"]],
  [">", [">"]],
  ["# Title #\ntext", ["# Title", "text"]],
  ["#tag\n#\n##", ["#tag\n#\n##"]],
  ["Title\n===\nTitle\n---\n***", ["Title\n===\nTitle\n---\n***"]],
  ["a\n| b | c |\n|---|---|\n| d | e |", ["a\n| b | c |\n|---|---|\n| d | e |"]],
  ["a\n<b>c</b>\n<div>\n*d*\n</div>", ["a\n<b>c</b>\n<div>\n<em>d</em>\n</div>"]],
  ["<!-- a\n\nb --> &amp; &#106;", ["<!-- a", "b --> &amp; &#106;"]],
  ["[a]: http://x.example \"t\"\n\n[a]", ['[a]: <a http://x.example/>http://x.example</a> "t"', "[a]"]],
  ["[a](http://x.example/b \"t\")", ['<a http://x.example/b "t">a</a>']],
  ["[**a** http://y.example](http://x.example)", ["<a http://x.example/><strong>a</strong> http://y.example</a>"]],
  ["![a](http://x.example/b.png) ![](http://x.example/c.png)", ["<a http://x.example/b.png>a</a> <a http://x.example/c.png>http://x.example/c.png</a>"]],
  ["![a](b.png) [a](/b) [a](#b) [a](//x.example) [a]()", ["![a](b.png) [a](/b) [a](#b) [a](//x.example) [a]()"]],
  ["<https://x.example/?a=b&c> <a@b.example>", ["<a https://x.example/?a=b&c>https://x.example/?a=b&c</a> <a@b.example>"]],
  ["see https://x.example/a_b_c, (https://x.example/d(e)) www.x.example", ["see <a https://x.example/a_b_c>https://x.example/a_b_c</a>, (<a https://x.example/d(e)>https://x.example/d(e)</a>) www.x.example"]],
  ["**https://x.example** https://x.example/a。", ["<strong><a https://x.example/>https://x.example</a></strong> <a https://x.example/a>https://x.example/a</a>。"]],
])("%j", (text, wanted) => {
  expect(shape(text)).toEqual(wanted);
});

test.each<[string, string, string | undefined]>([
  ["here", "https://evil.example/", undefined],
  ["https://bank.example", "https://evil.example/", "evil.example"],
  ["bank.example/login", "https://evil.example:8443/", "evil.example:8443"],
  ["sign in at bank.example", "https://bank.example.evil.example/", "bank.example.evil.example"],
  ["https://BANK.example/a", "https://bank.example/b", undefined],
  ["www.bank.example", "https://bank.example/", undefined],
  ["ｂａｎｋ。example", "https://evil.example/", "evil.example"],
  ["bücher.example", "http://xn--bcher-kva.example/", undefined],
  ["192.168.1.1", "https://evil.example/", "evil.example"],
  ["version 1.2.3, p. 7", "https://evil.example/", undefined],
])("the words %j of a link to %s", (words, href, other) => {
  expect(elsewhere(words, href)).toBe(other);
});

test("a text that grows is read on, and what is above stays", () => {
  let before = parse("one\n\n- two\n\nthree");
  const first = before.blocks[0];
  before = parse("one\n\n- two\n\nthree\n\nfour", before);
  expect(before.blocks[0]).toBe(first);
  expect(before.blocks).toEqual(parse(before.text).blocks);
  const list = before.blocks[1];
  expect(parse("one\n\n- two\n\nthree\n\nfour *and*", before).blocks[1]).toBe(list);
  expect(parse("another", before).blocks).toEqual(["another"].map((text) => ({ kind: "paragraph", parts: [text] })));
});

test("a text that grows by any pieces is what it is when it is read at once", () => {
  for (let seed = 0; seed < 1500; seed++) {
    const text = nasty(seed);
    let before: ReturnType<typeof parse> | undefined;
    for (let at = 0; at < text.length; at += 1 + (seed % 7)) before = parse(text.slice(0, at), before);
    expect(parse(text, before), JSON.stringify(text)).toEqual(parse(text));
  }
});

test("a long text is cut within what was begun", () => {
  const { blocks } = parse("**one two** three\n\n- four\n- five\n\n```\nsix\nseven\n```");
  expect(cut(blocks, { letters: 1000, lines: 100 })).toEqual({ blocks, short: false });
  expect(cut(blocks, { letters: 1000, lines: 100 }).blocks).toBe(blocks);
  const at = (letters: number, lines: number) => wordsOf(cut(blocks, { letters, lines }).blocks);
  expect(cut(blocks, { letters: 4, lines: 9 }).blocks).toEqual([{ kind: "paragraph", parts: [{ kind: "strong", parts: ["one …"] }] }]);
  expect(at(1000, 1)).toBe("one two three");
  expect(at(1000, 2)).toBe("one two three four");
  expect(at(1000, 4)).toBe("one two three four five six…");
  expect(cut(parse("🎉🎉").blocks, { letters: 3, lines: 1 }).blocks).toEqual([{ kind: "paragraph", parts: ["🎉…"] }]);
});

test("plain is one line without marks", () => {
  expect(plain("> **a** `b`\n\n- [c](http://x.example)\n- d\n\n```\ne\n```", 100)).toBe("a b c d e");
  expect(plain("abc", 2)).toBe("ab");
  expect(plain("a🎉", 2)).toBe("a");
});

test("names are marked where those stand who are mentioned", () => {
  const named = [
    { id: "1", username: "Ann" },
    { id: "2", username: "ann_b" },
    { id: "3", username: "日本" },
  ];
  const marked = (text: string) => withNames(text, named).map((part) => (typeof part === "string" ? part : `{${part.who.id}:${part.words}}`)).join("");
  expect(marked("@ann, @ANN_B and ＠ａｎｎ. @annb a@ann x/@ann @bob (@ann)")).toBe("{1:@ann}, {2:@ANN_B} and {1:＠ａｎｎ}. @annb a@ann x/@ann @bob ({1:@ann})");
  expect(marked("見@ann見 @日本です @ann's @ann-x")).toBe("見{1:@ann}見 {3:@日本}です {1:@ann}'s {1:@ann}-x");
  expect(withNames("@ann", [])).toEqual(["@ann"]);
});
