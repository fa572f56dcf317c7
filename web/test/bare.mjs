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

/** tokensOf are the tokens of somebody who has just signed in. */
export const tokensOf = ({ accessToken: current }) => ({ current, fresh: true, drop() {}, get: async () => current, patient: async () => current });

/** services are what somebody works with who is signed in. Until `away.now` is false again there is no way to the server's streams. */
export function services(t, { origin }, as, away = { now: false }) {
  class Socket extends WebSocket {
    constructor(url, protocols) {
      super(away.now ? `${url}/nowhere` : url, protocols);
    }
  }
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  Object.assign(globalThis, { location: { origin }, WebSocket: Socket });
  const theirs = new chat.Services(as.user, tokensOf(as));
  t.after(() => theirs.stop());
  return theirs;
}

/** held is a promise, and how to end it. */
export function held() {
  let release;
  const until = new Promise((resolve) => (release = resolve));
  return { until, release };
}
