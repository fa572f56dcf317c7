import welcome from "./welcome.graphql?raw";

/**
 * storage is where GraphiQL keeps what is typed. Documents hold passwords and headers hold tokens,
 * and its history keeps both; so all of it lives as long as the browser tab, and no longer. Two tabs
 * can be two people.
 */
export const storage = sessionStorage;

/** noToken are the headers to begin with. With an empty token the server sees nobody and says so. */
export const noToken = `{
  "Authorization": "Bearer "
}`;

// The person and the room of the first document are of this tab alone: what runs there makes them, fails for no name that
// somebody has, and deletes nothing of anybody's.
const suffix = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36);
const ours = welcome.replace(/"(ada|general)"/g, `"$1-${suffix}"`);

// What GraphiQL remembers before anything was done. Its panes have no other setting for their first
// size. And if it knew a document without its headers, a reload would open them in a new tab.
const first = {
  query: ours,
  headers: noToken,
  editorFlex: "1.5",
  secondaryEditorFlex: "4",
};

if (storage.getItem("graphiql:tabState") === null) {
  for (const [name, value] of Object.entries(first)) storage.setItem(`graphiql:${name}`, value);
}
