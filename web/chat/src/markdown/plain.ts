import { parse } from "./parse";
import type { Block, Inline } from "./tree";

/** wordsOf are the words of blocks in one line, without what they look like. */
export const wordsOf = (blocks: readonly Block[]): string => blocks.map(blockWords).join(" ").replace(/\s+/g, " ").trim();

/** plain is the beginning of a text as one line without marks, of at most about so many letters. */
export function plain(text: string, most: number): string {
  // Twice as much, because marks fall away.
  const words = wordsOf(parse(text.slice(0, 2 * most + 64)).blocks);
  return words.length <= most ? words : words.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}

function blockWords(block: Block): string {
  switch (block.kind) {
    case "code":
      return block.text;
    case "quote":
      return wordsOf(block.blocks);
    case "list":
      return block.items.map(wordsOf).join(" ");
    default:
      return lineWords(block.parts);
  }
}

/** lineWords are the words of pieces of a line. */
export const lineWords = (parts: readonly Inline[]): string => parts.map(partWords).join("");

function partWords(part: Inline): string {
  if (typeof part === "string") return part;
  return part.kind === "code" ? part.text : lineWords(part.parts);
}
