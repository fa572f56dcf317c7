import { parse } from "../src/markdown/parse";
import type { Block, Inline } from "../src/markdown/tree";

/** shape is a text as it is shown, in a form that is quick to read: one line for each block. */
export const shape = (text: string): string[] => parse(text).blocks.map(ofBlock);

function ofBlock(block: Block): string {
  switch (block.kind) {
    case "code":
      return `code ${block.language}|${block.text}`;
    case "quote":
      return `quote(${block.blocks.map(ofBlock).join(" / ")})`;
    case "list":
      return `list${block.start ?? ""}(${block.items.map((item) => item.map(ofBlock).join(" / ")).join("; ")})`;
    case "heading":
      return `# ${inline(block.parts)}`;
    default:
      return inline(block.parts);
  }
}

export const inline = (parts: readonly Inline[]): string => parts.map(ofPart).join("");

function ofPart(part: Inline): string {
  if (typeof part === "string") return part;
  if (part.kind === "code") return `<code>${part.text}</code>`;
  if (part.kind === "link") return `<a ${part.href}${part.title && ` "${part.title}"`}>${inline(part.parts)}</a>`;
  return `<${part.kind}>${inline(part.parts)}</${part.kind}>`;
}

/** nasty makes documents of pieces that parsers of Markdown have stumbled over, the same ones for a seed. */
export function nasty(seed: number): string {
  let state = seed * 2654435761 + 1;
  const below = (most: number) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (state >>> 8) % most;
  };
  return Array.from({ length: 1 + below(40) }, () => pieces[below(pieces.length)]!.repeat(below(8) === 0 ? 1 + below(12) : 1)).join("");
}

const pieces = [
  ..."\n|\n\n|\r\n|\r| |  |    |\t|a|B|ß|語|א|مرحبا|🎉|\u200d|\u202e|\u0000|\u00a0|\ud800|\udc00|é|1|23".split("|"),
  ..."*|**|***|_|__|~|~~|~~~|`|``|```|````|[|]|(|)|![|](|<|>|#|# |## |- |* |+ |1. |9) |> |>> |>|-|=|===|---|***\n|\\|\\*|\\[|\\\n|&|&amp;|&#106;|&colon;|!|:|'|\"".split("|"),
  ..."http://x.example|https://x.example/a_b_c?d=(e)&f#g|HTTP://X|http:|https://a:b@x.example|//x.example|mailto:a@b.example|www.x.example|a@b.example".split("|"),
  ..."javascript:alert(1)|JaVaScRiPt:alert(1)|java\tscript:alert(1)|data:text/html,<script>|vbscript:x|file:///etc/passwd|\u0001javascript:x".split("|"),
  ..."[x](http://x.example)|[x](javascript:alert(1))|![y](http://x.example/y.png)|[z](<http://x.example>)|[x]: http://x.example \"t\"\n|[x][y]|[x]|<http://x.example>|<javascript:x>".split("|"),
  ..."<b>|</b>|<script>alert(1)</script>|<img src=x onerror=alert(1)>|<!-- |-->|<?|?>|<![CDATA[|<a href=\"|<div>\n|</div>|<pre>|<svg/onload=x>".split("|"),
  "| a | b |\n|---|---|\n| c | d |\n", "@ann", "＠bob", "- [ ] x\n", "- [x] ", "```js\n", "\n```\n", "~~~\n", "  - ", "    - ", "   1. ", "> - ", "- > ", "> ```\n", "__proto__", "constructor", "toString",
];
