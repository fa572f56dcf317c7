// What docs/embed.md says, done as it is written: each of its blocks says in a comment what is to be done with it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { open } from "./browser.mjs";
import { blocks } from "./embed.mjs";
import { call } from "./mortal.mjs";
import { environmentOf, spawn } from "../clients/testing/children.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.PARLEY_BIN ?? join(root, "bin/parley");
const PATH = `${dirname(binary)}:${process.env.PATH}`;
const order = "0192f3b0-7c1e-7a55-9d41-3f0e5b6a7c18";

/** app is a folder in which the page is done. What it says of addresses and ports is what they are here. */
class App {
  said = []; // by commands

  static async begin(t) {
    const app = new App();
    const folder = await mkdtemp(join(tmpdir(), "embed-"));
    app.folder = join(folder, "app");
    await mkdir(join(app.folder, "node_modules/.bin"), { recursive: true });
    await symlink(root, join(folder, "parley"));
    app.t = t;
    app.port = await free();
    return app;
  }

  here(text) {
    const moved = text.replaceAll(/\b3000\b/g, this.port);
    return this.host ? moved.replaceAll("127.0.0.1:8080", this.host) : moved;
  }

  async do({ what, about, code }) {
    const text = this.here(code);
    switch (what) {
      case "file":
        return appendFile(join(this.folder, about), text);
      case "run":
        return this.run(text);
      case "serve":
        return this.serve(about, text);
      case "root":
        return writeFile(join(this.folder, about), await this.asRoot(text));
      case "install":
        return this.install(text);
      case "provider": // oidc.test.mjs
        return;
    }
    throw new Error(`nobody does ${what}`);
  }

  async run(code) {
    const ended = promisify(execFile)("/bin/sh", ["-ec", code], { cwd: this.folder, env: { PATH, HOME: this.folder } });
    ended.child.stdin.end(); // nobody types a password
    this.said.push((await ended).stdout);
  }

  /** serve starts what goes on until the test is over, and waits for the address that it says. */
  async serve(about, code) {
    const env = { ...environmentOf("data"), PARLEY_CORS_ALLOWED_ORIGINS: `http://localhost:${this.port}`, PATH };
    const child = spawn("/bin/sh", ["-ec", `exec ${code}`], { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const exit = once(child, "exit");
    this.t.after(async () => {
      child.kill();
      await exit;
    });
    const lines = [];
    const address = new Promise((resolve) => {
      for (const output of [child.stdout, child.stderr]) {
        createInterface({ input: output }).on("line", (line) => {
          lines.push(line);
          const found = /^(?:listening on )?http:\/\/(\S+)$/.exec(line);
          if (found) resolve(found[1]);
        });
      }
    });
    const host = await Promise.race([address, exit.then(() => assert.fail(`${code}${lines.join("\n")}`))]);
    if (about === "parley") this.host = host;
  }

  /** asRoot sends a document as the admin whose password was shown, and returns the token that comes. */
  async asRoot(document) {
    const password = /password: (.+)/.exec(this.said.join(""))[1];
    const login = "mutation ($password: String!) { login(username: \"root\", password: $password) { accessToken } }";
    const { accessToken } = (await call(this.origin, undefined, login, { password })).login;
    const [{ token }] = Object.values(await call(this.origin, accessToken, document));
    return token;
  }

  // What is installed is what web/package.json has, and nothing else can be imported.
  async install(code) {
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, "web/package.json"), "utf8"));
    const [, names] = /^npm install (.+)\n$/.exec(code);
    for (const name of names.split(" ")) {
      assert.ok(name in { ...dependencies, ...devDependencies }, name);
      await symlink(join(root, "web/node_modules", name), join(this.folder, "node_modules", name));
      const { bin } = JSON.parse(await readFile(join(root, "web/node_modules", name, "package.json"), "utf8"));
      for (const [command, path] of Object.entries(bin ?? {})) {
        await symlink(join("..", name, path), join(this.folder, "node_modules/.bin", command));
      }
    }
  }

  get origin() {
    return `http://${this.host}`;
  }
}

// free is a port that nobody listens at: the app takes it when its page has been built for it.
async function free() {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return String(port);
}

/** come is somebody of the app at its page, or a stranger. */
async function come(t, app, id) {
  const seen = await open(t);
  if (id) await seen.page.context().addCookies([{ name: "user", value: id, url: `http://localhost:${app.port}` }]);
  await seen.page.goto(`http://localhost:${app.port}`);
  return seen;
}

const say = async (page, text) => {
  await page.getByLabel("Your chat").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};
const line = (page, text) => page.getByRole("listitem").filter({ hasText: text });

test("docs/embed.md, block by block", patient, async (t) => {
  const app = await App.begin(t);
  for (const block of await blocks()) {
    await app.do(block).catch((cause) => assert.fail(`docs/embed.md, line ${block.line}: ${cause.message}`));
  }
  process.chdir(app.folder);
  const { ask, forget, handOver, openRoom, personOf, signOut, tokenFor } = await import(pathToFileURL(join(app.folder, "parley.mjs")));
  const ann = { id: "17", login: "ann@example.org", name: "Ann Example" };
  const bob = { id: "18", login: "bob@example.org", name: "Bob" };
  const members = async () => {
    const { room } = await ask("query ($id: ID!) { room(id: $id) { members { nodes { role user { username name image isBot } } } } }", { id: order });
    return room.members.nodes.map(({ role, user: { username, name, image } }) => [role, username, name, image]);
  };
  const sessions = async () => {
    const { loginWith } = await ask("mutation ($token: String!) { loginWith(token: $token) { accessToken } }", { token: tokenFor(ann) });
    return (await ask("{ sessions { id } }", {}, loginWith.accessToken)).sessions.length; // one more each time
  };

  await t.test("both are in the room before either came", async () => {
    const picture = "https://app.example.org/17.png";
    assert.deepEqual(await members(), [["OWNER", "app", "The app", null], ["MEMBER", "ann", "Ann Example", picture], ["MEMBER", "bob", "Bob", null]]);
  });

  await t.test("sent again, nothing changes but what is shown of somebody", async () => {
    const ids = await Promise.all([personOf(bob), personOf(bob), personOf({ ...bob, login: "robert" })]);
    assert.equal(new Set(ids).size, 1);
    await openRoom(order, "Another name", [{ ...bob, name: "Robert" }]);
    assert.deepEqual((await members()).map(([role, username, name]) => [role, username, name]), [
      ["OWNER", "app", "The app"],
      ["MEMBER", "ann", "Ann Example"],
      ["MEMBER", "bob", "Robert"],
    ]);
    const { room } = await ask("query ($id: ID!) { room(id: $id) { name } }", { id: order });
    assert.equal(room.name, "Order 4711");
    await personOf({ ...bob, name: undefined });
    assert.equal((await members())[2][2], "Robert");
  });

  const hers = await come(t, app, "17");
  const his = await come(t, app, "18");

  await t.test("they talk; a stranger is let in nowhere", async () => {
    await say(hers.page, "is it on its way?");
    await line(his.page, "ann: is it on its way?").waitFor();
    await say(his.page, "since this morning");
    await line(hers.page, "bob: since this morning").waitFor();
    const stranger = await come(t, app);
    await stranger.page.getByText("Sign in first.").waitFor();
    assert.deepEqual([...hers.complaints, ...his.complaints], []);
  });

  await t.test("signed out by the backend, they are in again because the app says so", async () => {
    const loaded = his.page.waitForEvent("load");
    await signOut(bob);
    await loaded;
    await line(his.page, "ann: is it on its way?").waitFor();
    await say(his.page, "here again");
    await line(hers.page, "bob: here again").waitFor();
  });

  await t.test("signed out in the page, the session has ended", async () => {
    const before = await sessions();
    await hers.page.getByRole("button", { name: "Sign out" }).click();
    await hers.page.getByText("Sign in first.").waitFor();
    assert.equal(await sessions(), before);
  });

  await t.test("the room is handed over, and the bot has it no more", async () => {
    await handOver(order, ann);
    await handOver(order, ann);
    await assert.rejects(openRoom(order, "Order 4711", [ann, bob]), { code: "NOT_FOUND" });
    await assert.rejects(ask("query ($id: ID!) { room(id: $id) { id } }", { id: order }), { code: "NOT_FOUND" });
    await say(his.page, "between us");
    await line(his.page, "bob: between us").waitFor();
  });

  await t.test("who was deleted is somebody else when they come again", async () => {
    const before = await personOf(bob);
    await forget(bob, before);
    await forget(bob, before);
    await assert.rejects(ask("query ($id: ID!) { user(id: $id) { id } }", { id: before }), { code: "NOT_FOUND" });
    const after = await personOf(bob);
    assert.notEqual(after, before);
    const { user } = await ask("query ($id: ID!) { user(id: $id) { username } }", { id: after });
    assert.equal(user.username, "bob-2");
  });

  await t.test("who was disabled is let in no more", async () => {
    await promisify(execFile)("/bin/sh", ["-ec", `parley user disable ${await personOf(ann)}`], { cwd: app.folder, env: { PATH } });
    await assert.rejects(signOut(ann), { code: "FORBIDDEN", reason: "DISABLED" });
    const again = await come(t, app, "17");
    await again.page.waitForEvent("pageerror");
  });
});
