// For graphql-codegen: each operation as one line of text, with the types of its variables and its answer, and the codes of errors.
import { Kind, print, stripIgnoredCharacters, visit } from "graphql";

const names = (node) => {
  const found = new Set();
  visit(node, { FragmentSpread: ({ name }) => void found.add(name.value) });
  return found;
};

/** plugin is called by graphql-codegen. `documents` are the files with operations and fragments. */
export const plugin = (schema, documents) => {
  const definitions = documents.flatMap(({ document }) => document.definitions);
  const fragments = new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));
  const needed = (node, all = new Set()) => {
    for (const name of names(node)) if (!all.has(name)) needed(fragments.get(name), all.add(name));
    return all;
  };
  const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const lines = operations.map((one) => {
    const parts = [one, ...[...needed(one)].toSorted().map((name) => fragments.get(name))];
    const text = stripIgnoredCharacters(parts.map(print).join(" "));
    const name = one.name.value;
    const type = name + one.operation[0].toUpperCase() + one.operation.slice(1);
    return `export const ${name}Document = ${JSON.stringify(text)} as Document<${type}, ${type}Variables>;`;
  });
  const codes = schema.getType("ErrorCode").getValues().map(({ name }) => JSON.stringify(name));
  lines.push("/** The codes of refusals. A newer server may have more. */", `export type ErrorCode = ${codes.join(" | ")};`);
  return { prepend: ['import type { Document } from "../document.ts";'], content: lines.join("\n\n") };
};
