import { durable } from "../client/src/platform.ts";
import welcome from "./welcome.graphql?raw";

// Documents hold passwords and headers hold tokens, and GraphiQL's history keeps both; so all of it lives as long as the browser
// tab, and no longer. Two tabs can be two people. Where storage is forbidden it lives as long as the page.
const tab = () => {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
};

/** disk is where this tab keeps things. It never throws. */
export const disk = durable(tab());

/** storage is where GraphiQL keeps what is typed. To clear it is to start afresh, signed out and with other names. */
export const storage = {
  ...disk,
  length: 0,
  clear() {
    tab()?.clear();
    location.reload();
  },
};

/** noToken are the headers to begin with. With an empty token the server sees nobody and says so. */
export const noToken = `{
  "Authorization": "Bearer "
}`;

// The person and the room of the first document are of this tab alone: what runs there makes them, fails for no name that
// somebody has, and deletes nothing of anybody's.
const suffix = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => (byte % 36).toString(36)).join("");

// What GraphiQL remembers before anything was done. Its panes have no other setting for their first
// size. And if it knew a document without its variables and headers, a reload would open them in a new tab.
const first = {
  query: welcome.replace(/"(ada|tour)"/g, `"$1-${suffix}"`),
  variables: `{
  "text": "Hello",
  "chat": "the id that SendChat answers"
}`,
  headers: noToken,
  editorFlex: "1.5",
  secondaryEditorFlex: "5",
};

if (disk.getItem("graphiql:tabState") === null) {
  for (const [name, value] of Object.entries(first)) disk.setItem(`graphiql:${name}`, value);
}
