/** Inline is a piece of a line: words as they are, or what stands in them. */
export type Inline =
  | string
  | { kind: "strong" | "em" | "del"; parts: readonly Inline[] }
  | { kind: "code"; text: string }
  /** Its address begins with http or https, and has no more than a browser asks for. */
  | { kind: "link"; href: string; title: string; parts: readonly Inline[] };

/** Block is what stands on lines of its own. */
export type Block =
  | { kind: "paragraph" | "heading"; parts: readonly Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; blocks: readonly Block[] }
  /** start is the number of its first item; a list without numbers has none. */
  | { kind: "list"; start: number | undefined; items: readonly (readonly Block[])[] };
