import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from "graphql";

/**
 * What the playground knows after a register, login or refreshToken was run in it. It lies beside the
 * documents, which hold the password, and like them is gone with the browser tab.
 */
export interface Tokens {
  accessToken: string;
  refreshToken: string | undefined;
}

/** What was run, as GraphiQL hands it to its fetcher. */
export interface Run {
  document: DocumentNode | undefined;
  operationName: string | null | undefined;
  variables: Record<string, unknown>;
}

const place = "parley:tokens";
const signIns = ["register", "login", "loginWith", "refreshToken"];
const watchers = new Set<() => void>();

/** tokens returns what is kept, as text that changes when it does, or null. */
export const tokens = () => sessionStorage.getItem(place);

/** kept returns the tokens to use, or undefined when nobody signed in here. */
export const kept = (text = tokens()): Tokens | undefined => (text === null ? undefined : JSON.parse(text));

/** watch calls back whenever the tokens change; for React's useSyncExternalStore. */
export function watch(changed: () => void): () => void {
  watchers.add(changed);
  return () => watchers.delete(changed);
}

/** forget signs the page out; the session itself lives on. */
export function forget() {
  sessionStorage.removeItem(place);
  for (const changed of watchers) changed();
}

function keep(tokensNow: Tokens) {
  sessionStorage.setItem(place, JSON.stringify(tokensNow));
  for (const changed of watchers) changed();
}

/** learn takes tokens from the answer to a run, and forgets them when it ended the session. */
export function learn({ document, operationName, variables }: Run, { data }: ExecutionResult) {
  const operation = document && getOperationAST(document, operationName);
  if (!operation || !data) return;
  for (const field of fieldsOf(operation.selectionSet, document)) {
    const answer = data[keyOf(field)];
    if (answer === null || answer === undefined) continue;
    const name = field.name.value;
    if (signIns.includes(name)) learnTokens(field, answer as Record<string, string>, document);
    if (name === "deleteAccount" || (name === "logout" && scopeOf(field, variables) !== "OTHERS")) forget();
  }
}

// The answer has the names that the document gives to its fields, and only the fields it asks for.
function learnTokens(field: FieldNode, answer: Record<string, string>, document: DocumentNode) {
  const found: Partial<Tokens> = {};
  for (const { name, ...inner } of fieldsOf(field.selectionSet, document)) {
    const value = answer[keyOf({ name, ...inner })];
    if (name.value === "accessToken" || name.value === "refreshToken") found[name.value] = value;
  }
  const { accessToken, refreshToken } = found;
  if (accessToken !== undefined) keep({ accessToken, refreshToken });
}

const keyOf = ({ alias, name }: FieldNode) => (alias ?? name).value;

const scopeOf = (field: FieldNode, variables: Record<string, unknown>) => {
  const scope = field.arguments?.find(({ name }) => name.value === "scope");
  return scope && valueFromASTUntyped(scope.value, variables);
};

// The fields of a selection, those of its fragments included.
function fieldsOf(set: SelectionSetNode | undefined, document: DocumentNode): FieldNode[] {
  return (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, document);
    const named = (definition: { kind: string; name?: { value: string } | undefined }) =>
      definition.kind === Kind.FRAGMENT_DEFINITION && definition.name?.value === selection.name.value;
    const fragment = document.definitions.find((definition): definition is FragmentDefinitionNode => named(definition));
    return fieldsOf(fragment?.selectionSet, document);
  });
}
