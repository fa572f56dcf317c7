import { applyEdits, format } from "jsonc-parser";
import type { Parser, Printer } from "prettier";

// GraphiQL tidies headers and variables with Prettier, whose JSON comes in one piece with all of
// JavaScript: a twelfth of this page. The build puts this in the place of that plugin.
const text = { astFormat: "parley-json", locStart: () => 0, locEnd: (source: string) => source.length };

export const parsers: Record<string, Parser<string>> = {
  jsonc: { ...text, parse: (source) => source },
};

export const printers: Record<string, Printer<string>> = {
  "parley-json": {
    print: ({ node }) => applyEdits(node, format(node, undefined, { tabSize: 2, insertSpaces: true })).trimEnd(),
  },
};
