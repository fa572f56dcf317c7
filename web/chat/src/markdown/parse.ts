import type { Token, Tokens } from "marked";
import { tokensOf } from "./rules";
import type { Block, Inline } from "./tree";

/** Parsed is a text that was read: its blocks, and where in the text each of them begins. */
export type Parsed = { text: string; blocks: readonly Block[]; starts: readonly number[] };

/**
 * parse reads a text. Of one that begins as another that was read before did, only the last two blocks of that and what follows
 * are read again, and the others are the same objects: where a block ends, the first line of the next one says.
 */
export function parse(source: string, before?: Parsed): Parsed {
  const text = source.replace(/\r\n?/g, "\n");
  if (text === before?.text) return before;
  const last = before && text.startsWith(before.text) ? Math.max(0, before.blocks.length - 2) : 0;
  const blocks = before?.blocks.slice(0, last) ?? [];
  const starts = before?.starts.slice(0, last) ?? [];
  let at = last > 0 ? before!.starts[last]! : 0;
  for (const token of tokensOf(text.slice(at))) {
    const block = blockOf(token);
    if (block) {
      blocks.push(block);
      starts.push(at);
    }
    at += token.raw.length;
  }
  return { text, blocks, starts };
}

function blockOf(token: Tokens.Generic): Block | undefined {
  switch (token.type) {
    case "space":
      return undefined;
    case "code":
      return { kind: "code", language: token.lang ?? "", text: token.text };
    case "blockquote":
      return { kind: "quote", blocks: blocksOf(token.tokens ?? []) };
    case "list":
      return listOf(token as Tokens.List);
    case "heading":
      return { kind: "heading", parts: partsOf(token.tokens ?? []) };
    case "checkbox":
      return { kind: "paragraph", parts: [token.raw] };
    default:
      return { kind: "paragraph", parts: partsOf(token.tokens ?? []) };
  }
}

function listOf({ ordered, start, items }: Tokens.List): Block {
  return { kind: "list", start: ordered ? Number(start) : undefined, items: items.map(({ tokens }) => blocksOf(tokens)) };
}

function blocksOf(tokens: readonly Token[]): Block[] {
  const blocks: Block[] = [];
  let box: string | undefined; // what stands before the next block, of a list of things to be done
  for (const token of tokens) {
    const block = blockOf(token);
    if (!block) continue;
    if (token.type === "checkbox") box = token.raw;
    else blocks.push(box !== undefined && "parts" in block ? { ...block, parts: joined([box, ...block.parts]) } : block);
    if (token.type !== "checkbox") box = undefined;
  }
  return blocks;
}

function partsOf(tokens: readonly Token[], inLink = false): Inline[] {
  return joined(tokens.flatMap((token) => partOf(token, inLink)));
}

function partOf(token: Tokens.Generic, inLink: boolean): Inline | Inline[] {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return { kind: token.type, parts: partsOf(token.tokens ?? [], inLink) };
    case "codespan":
      return { kind: "code", text: token.text };
    case "link": {
      const parts = partsOf(token.tokens ?? [], true);
      if (inLink) return parts;
      return { kind: "link", href: token.href, title: token.title ?? "", parts: parts.length > 0 ? parts : [token.href] };
    }
    default:
      return token.type === "escape" || token.type === "text" ? token.text : token.raw;
  }
}

function joined(parts: readonly Inline[]): Inline[] {
  const all: Inline[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (typeof part === "string" && typeof last === "string") all[all.length - 1] = last + part;
    else if (part !== "") all.push(part);
  }
  return all;
}
