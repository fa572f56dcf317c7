import { Store, useStore } from "../api/store";

/** Route is which page an address means. */
export type Route = { page: "home" | "browse" | "join" | "sessions" | "lost" } | { page: "room"; name: string };

/** parse reads an address, or its path. */
export function parse(path: string): Route {
  if (path === "/") return { page: "home" };
  if (path === "/sessions") return { page: "sessions" };
  if (path === "/browse") return { page: "browse" };
  if (path === "/join") return { page: "join" };
  const name = /^\/room\/(.+)$/.exec(path)?.[1];
  try {
    return name ? { page: "room", name: decodeURIComponent(decodeURIComponent(name)) } : { page: "lost" };
  } catch {
    return { page: "lost" }; // %zz
  }
}

// Servers and browsers tidy up paths: what they would take away is written in a second layer of escapes.
const fragile = /[%/\\]|^\.+$/g;
const encode = (text: string) => Array.from(text, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");

/** paths are the addresses of pages. */
export const paths = {
  home: "/",
  sessions: "/sessions",
  browse: "/browse",
  /** A room by its name, or by its id. */
  room: (name: string) => `/room/${encodeURIComponent(name.replace(fragile, encode))}`,
  /** What lets people into a room. It lies behind the #, which no server is told. */
  invite: (code: string) => `/join#${encodeURIComponent(code)}`,
};

/** invited is the code of the link that is open, behind the #; "" where there is none. */
export function invited(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // %zz
  }
}

const route = new Store<Route>(parse(location.pathname));
addEventListener("popstate", () => route.set(parse(location.pathname)));

/** go shows another page; with `replace` the back button does not come back here. */
export function go(path: string, how: "push" | "replace" = "push"): void {
  history[`${how}State`](null, "", path);
  route.set(parse(path));
}

export const useRoute = () => useStore(route);
