import { Lexer, Tokenizer, type Tokens } from "marked";
import { address, addressAt } from "./address";

const deepest = { blocks: 6, inline: 8 };
const effort = { least: 1 << 16, each: 256 }; // characters that may be looked at: some, and more for each of a paragraph

const never = /(?!)/;
const item = /^ {0,3}(?:[*+-]|\d{1,9}[.)])[ \t]+\S/;
const mark = "(?:[*+-]|\\d{1,9}[.)])(?:[ \\t]|\\n|$)";
const quoted = " {0,3}>(?=>*(?:[ \\t]|\\n|$))";
// A list ends before the first line that is neither indented nor an item.
const list = new RegExp(`^[^\\n]*(?:\\n(?:[ \\t]*(?=\\n|$)|[ \\t]+[^\\n]+|${mark.replace("|\\n", "|(?=\\n)")}[^\\n]*))*`);
const quote = new RegExp(`^(?:${quoted}[^\\n]*(?:\\n|$))+`);
// What begins with the next line, though no line is empty before it.
const fence = " {0,3}(?:`{3,}(?=[^`\\n]*(?:\\n|$))|~{3,})";
const next = `[ \\t]*(?:\\n|$)|${fence}| {0,3}#{1,6}[ \\t]+[^\\s#]|${quoted}| {0,3}(?:[*+-]|1[.)])[ \\t]+\\S`;
const paragraph = new RegExp(`^[^\\n]+(?:\\n(?!${next})[^\\n]+)*`);
const sign = /[\\<[!`*_~]|https?:\/\//gi;

/**
 * Rules are those of CommonMark that a chat has. One line break is one, so a quote and a list end with their last line; there is
 * no HTML, nothing that is defined elsewhere in the text, and what is not understood is text. The depth is bounded, and so is
 * what one looks at, by the length of a paragraph.
 */
class Rules extends Tokenizer {
  #blocks = 0;
  #inline = 0;
  #left = 0;

  /** begin is told of each run of text in lines. */
  begin(length: number): void {
    if (this.#inline === 0) this.#left = effort.least + effort.each * length;
  }

  override code = nothing;
  override html = nothing;
  override def = nothing;
  override table = nothing;
  override lheading = nothing;
  override hr = nothing;
  override tag = nothing;
  override reflink = nothing;
  override br = nothing;

  override heading(src: string): Tokens.Heading | undefined {
    const token = super.heading(src);
    return token?.text ? token : undefined;
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    const raw = quote.exec(src)?.[0];
    const text = raw?.replace(/^ {0,3}> ?/gm, "");
    if (raw === undefined || text === undefined) return undefined;
    // Signs around nothing are text, all of them at once.
    if (!text.trim()) return { type: "paragraph", raw, text: raw, tokens: this.lexer.inline(raw.trimEnd()) } as never;
    return this.#nested(() => {
      this.lexer.state.top = true;
      return { type: "blockquote", raw, text, tokens: this.lexer.blockTokens(text, []) };
    });
  }

  override list(src: string): Tokens.List | undefined {
    if (!item.test(src)) return undefined;
    const lines = list.exec(src)![0];
    const token = this.#nested(() => super.list(lines));
    // Blanks at its end are of no other block.
    return token && lines.slice(token.raw.length).trim() === "" ? { ...token, raw: lines } : token;
  }

  override paragraph(src: string): Tokens.Paragraph | undefined {
    const text = paragraph.exec(src)?.[0];
    return text === undefined ? undefined : { type: "paragraph", raw: text, text, tokens: this.lexer.inline(text) };
  }

  override emStrong(src: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    return /^[*_]/.test(src) ? this.#within(src, () => super.emStrong(src, masked, before)) : undefined;
  }

  override del(src: string, masked: string, before?: string): Tokens.Del | undefined {
    return src.startsWith("~~") ? this.#within(src, () => super.del(src, masked, before)) : undefined;
  }

  override codespan(src: string): Tokens.Codespan | undefined {
    return src.startsWith("`") ? this.#within(src, () => super.codespan(src)) : undefined;
  }

  // A picture is a link to it.
  override link(src: string): Tokens.Link | undefined {
    if (!/^!?\[/.test(src)) return undefined;
    const { linkEmitted } = this.lexer.state;
    const token = this.#within(src, () => super.link(src));
    const href = token && address(token.href);
    if (token && href) return { ...token, type: "link", href, tokens: token.tokens } as Tokens.Link;
    this.lexer.state.linkEmitted = linkEmitted;
    return undefined;
  }

  override autolink(src: string): Tokens.Link | undefined {
    const typed = /^<(https?:\/\/[^\s<>]+)>/i.exec(src);
    return typed ? linked(typed[0], typed[1]!) : undefined;
  }

  override url(src: string): Tokens.Link | undefined {
    if (!/^https?:\/\//i.test(src)) return undefined;
    const typed = addressAt(src);
    return linked(typed, typed);
  }

  override inlineText(src: string): Tokens.Text {
    sign.lastIndex = 1;
    const raw = src.slice(0, sign.exec(src)?.index);
    return { type: "text", raw, text: raw, escaped: false };
  }

  #nested<T>(read: () => T | undefined): T | undefined {
    if (this.#blocks >= deepest.blocks) return undefined;
    this.#blocks++;
    const token = read();
    this.#blocks--;
    return token;
  }

  #within<T>(src: string, read: () => T | undefined): T | undefined {
    this.#left -= src.length;
    if (this.#left < 0 || this.#inline >= deepest.inline) return undefined;
    this.#inline++;
    const token = read();
    this.#inline--;
    return token;
  }
}

const nothing = (): undefined => undefined;

function linked(raw: string, typed: string): Tokens.Link | undefined {
  const href = address(typed);
  return href ? { type: "link", raw, href, title: null, text: typed, tokens: [{ type: "text", raw: typed, text: typed, escaped: false }] } : undefined;
}

class Reader extends Lexer {
  readonly #rules: Rules;

  constructor(rules: Rules) {
    super({ gfm: true, tokenizer: rules });
    this.#rules = rules;
    const { block, inline, other } = rules.rules;
    rules.rules = {
      block: { ...block, html: never, table: never, hr: never, lheading: never },
      inline: { ...inline, tag: never },
      other: { ...other, htmlBeginRegex: () => never, hrRegex: () => never },
    };
  }

  override inlineTokens(src: string, tokens?: Parameters<Lexer["inlineTokens"]>[1]) {
    this.#rules.begin(src.length);
    return super.inlineTokens(src, tokens);
  }
}

/** tokensOf reads a text whose lines end with \n. The tokens make up all of it. */
export const tokensOf = (text: string): Tokens.Generic[] => new Reader(new Rules()).lex(text);
