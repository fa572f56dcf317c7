// The chat without a browser and its pages: what it knows, on a real server.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { WebSocket } from "ws";

Object.assign(globalThis, { addEventListener() {}, removeEventListener() {} });

const entry = fileURLToPath(new URL("bare.entry.ts", import.meta.url));
const [{ output }] = await build({
  configFile: false,
  logLevel: "silent",
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: { write: false, minify: false, lib: { entry, formats: ["es"] } },
});
export const chat = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);

const real = globalThis.fetch;

/** asking makes what the chat asks go to a server. What it asks for first waits for `before`, the answer for `after`. */
export function asking(t, { origin }, { before = async () => {}, after = async () => {} } = {}) {
  t.after(() => (globalThis.fetch = real));
  globalThis.fetch = async (path, options) => {
    const body = JSON.parse(options.body);
    const [, name] = /(?:query|mutation) (\w+)/.exec(body.query) ?? [];
    await before(name, body.variables);
    const answer = await real(new URL(path, origin), options);
    await after(name, body.variables);
    return answer;
  };
}

/** sessionOf is the session of somebody who has just signed in. */
export async function sessionOf({ origin }, as) {
  const session = new chat.Session({ url: `${origin}/graphql` });
  await session.signIn(async () => as);
  return session;
}

/** services are what somebody works with who is signed in. Until `away.now` is false again there is no way to the server's streams. */
export async function services(t, server, as, away = { now: false }) {
  const sockets = [];
  class Socket extends WebSocket {
    constructor(url, protocols) {
      super(away.now ? `${url}/nowhere` : url, protocols);
      sockets.push(this);
    }
  }
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  Object.assign(globalThis, { WebSocket: Socket });
  const theirs = new chat.Services(as.user, await sessionOf(server, as));
  t.after(() => theirs.stop());
  return Object.assign(theirs, { cut: () => sockets.at(-1).terminate() });
}

/** held is a promise, and how to end it. */
export function held() {
  let release;
  const until = new Promise((resolve) => (release = resolve));
  return { until, release };
}
