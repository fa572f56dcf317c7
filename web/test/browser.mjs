// Debian's Chromium, watched: what it asked for, and what it complained about.
import { chromium } from "playwright-core";
import "../clients/testing/children.mjs"; // whose folder has the profile of the browser
import { PATIENCE } from "../clients/testing/rounds.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

// Without these it looks for updates on the network, also where there is none.
const args = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** launch starts the browser, with more arguments if they are given. */
export const launch = (...more) => chromium.launch({ executablePath, args: [...args, ...more], timeout: PATIENCE });

/** open shows a new page in a browser of its own. */
export async function open(t, options) {
  const browser = await launch();
  t.after(() => browser.close());
  return watch(await browser.newPage(options));
}

/** watch notes what a page does. `requests` and `sockets` fill as it works; `complaints` should stay empty. */
export async function watch(page) {
  page.setDefaultTimeout(PATIENCE);
  const seen = { page, requests: [], sockets: [], complaints: [] };

  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("websocket", (socket) => {
    const sent = [];
    socket.on("framesent", ({ payload }) => sent.push(JSON.parse(payload)));
    seen.sockets.push({ url: socket.url(), sent });
  });
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.complaints.push(message.text());
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (violation) => {
      console.error(`policy: ${violation.violatedDirective} ${violation.blockedURI}`);
    });
  });
  return seen;
}
