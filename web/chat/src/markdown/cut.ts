import type { Block, Inline } from "./tree";

/** Size is how much of a text is shown. */
export type Size = { letters: number; lines: number };

/** cut is the beginning of blocks, and whether anything is missing. What was begun is whole but for its end, which is "…". */
export function cut(blocks: readonly Block[], size: Size): { blocks: readonly Block[]; short: boolean } {
  const left = { ...size };
  const few = take(blocks, (block) => blockOf(block, left), left);
  return few === blocks ? { blocks, short: false } : { blocks: few, short: true };
}

// The same array as long as all of it is taken.
function take<T>(all: readonly T[], some: (one: T) => T, left: Size): readonly T[] {
  const taken: T[] = [];
  let same = true;
  for (const one of all) {
    if (left.letters <= 0 || left.lines <= 0) return taken;
    const part = some(one);
    same &&= part === one;
    taken.push(part);
  }
  return same ? all : taken;
}

function blockOf(block: Block, left: Size): Block {
  if (block.kind === "quote") {
    const blocks = take(block.blocks, (one) => blockOf(one, left), left);
    return blocks === block.blocks ? block : { ...block, blocks };
  }
  if (block.kind === "list") {
    const items = take(block.items, (one) => take(one, (inner) => blockOf(inner, left), left), left);
    return items === block.items ? block : { ...block, items };
  }
  const short = block.kind === "code" ? withText(block, left) : withParts(block, left);
  left.lines--;
  return short;
}

function withText<T extends { text: string }>(piece: T, left: Size): T {
  const text = words(piece.text, left);
  return text === piece.text ? piece : { ...piece, text };
}

function withParts<T extends { parts: readonly Inline[] }>(piece: T, left: Size): T {
  const parts = take(piece.parts, (part) => partOf(part, left), left);
  return parts === piece.parts ? piece : { ...piece, parts };
}

function partOf(part: Inline, left: Size): Inline {
  if (typeof part === "string") return words(part, left);
  return part.kind === "code" ? withText(part, left) : withParts(part, left);
}

function words(text: string, left: Size): string {
  const lines = text.split("\n", left.lines + 1);
  const few = lines.length > left.lines ? lines.slice(0, left.lines).join("\n") : text;
  // Never between the two halves of one letter.
  const short = few.length <= left.letters ? few : few.slice(0, left.letters).replace(/[\uD800-\uDBFF]$/, "");
  left.letters -= few.length;
  left.lines -= lines.length - 1;
  return short.length < text.length ? `${short}…` : text;
}
