// What docs/clients.md says of copying: with the files and the packages of a row, and no others, each recipe builds in a
// project that `npm create vite` made, with its TypeScript settings as they are.
import assert from "node:assert/strict";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "vite";
import { patient } from "../clients/testing/rounds.mjs";
import { compile, link, project, web } from "./projects.mjs";

const page = await readFile(join(web, "../docs/clients.md"), "utf8");
const template = ["react", "react-dom", "vite", "@types/react", "@types/react-dom"];

const cells = (line) => line.split("|").slice(1, -1).map((cell) => cell.trim());
const named = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
const table = page.match(/^\| .*\| `npm install` \|\n\|.*\n((?:\|.*\n)+)/m)[1];
const rows = new Map(table.trim().split("\n").map(cells).map(([have, ...more]) => [have, more]));

// files are what a row tells to copy, by their names without an ending; "the same" is what Apollo's row names.
function files(have) {
  const [copy, beside] = rows.get(have);
  const same = named(rows.get("Apollo Client 4")[1]);
  const others = beside.startsWith("the same") ? same.filter((name) => !named(beside).includes(name)) : named(beside);
  return [...named(copy), ...others];
}

const using = (client, openRoom) => `
import { createRoot } from "react-dom/client";
import { connect } from "./parley/${client}";
import { openRoom } from "./parley/${openRoom}";
import { useRoom } from "./parley/react/useRoom.mjs";
import { Session } from "./parley/session.mjs";

const session = new Session("http://127.0.0.1:8080/graphql", { signedOut: ({ code }) => console.log(code) });
const client = connect(session);

export function Room({ name }: { name: string }) {
  const { list, typing, previews, error, send, react, setTyping } = useRoom(openRoom, client, name);
  // @ts-expect-error what is sent is text
  const wrong = () => send(5);
  // @ts-expect-error whether it is put there or taken off is not left open
  const unsaid = () => react(list[0].id, "x");
  const say = error ? wrong : () => send("hello");
  const like = error ? unsaid : () => react(list[0].id, "x", !list[0].reactions?.some(({ mine }) => mine));
  return <button title={typing.join() + previews.map(({ username, text }) => username + text.trim()).join()} onKeyDown={setTyping} onDoubleClick={like} onClick={say}>{list.map(({ number, text }) => \`\${number?.toFixed()} \${text?.trim()}\`)}</button>;
}

createRoot(document.body).render(<Room name="general" />);
`;

const recipes = {
  "Apollo Client 4": using("apollo/client.mjs", "apollo/room.mjs"),
  "urql with graphcache": using("urql/client.mjs", "urql/room.mjs"),
  "no framework": using("graphql-ws/client.mjs", "plain.mjs"),
  "a network without WebSockets": using("sse/client.mjs", "plain.mjs"),
};

for (const [have, source] of Object.entries(recipes)) {
  test(`in Vite's TypeScript template: ${have}`, patient, async (t) => {
    const app = await project(t, "template");
    await take([...files(have), ...files("React").slice(0, 1)], join(app, "src/parley"));
    const packages = named(rows.get(have)[2]).flatMap((names) => names.split(" "));
    for (const name of [...template, ...packages]) await link(name, app);
    await writeFile(join(app, "src/main.tsx"), source);
    await writeFile(join(app, "index.html"), `<script type="module" src="/src/main.tsx"></script>`);
    const settings = await readFile(join(web, "clients/testing/tsconfig.json"), "utf8");
    await writeFile(join(app, "tsconfig.json"), settings.replace(/"include": .*/, `"include": ["src"]`));
    await compile(app, "-p", ".");
    await build({ root: app, configFile: false, logLevel: "silent", build: { write: false } });
  });
}

test("the types name what the recipes have", async () => {
  for (const path of await readdir(join(web, "clients"), { recursive: true })) {
    if (!path.endsWith(".d.mts")) continue;
    const types = await readFile(join(web, "clients", path), "utf8");
    const declared = [...types.matchAll(/^export declare (?:function|class|const) (\w+)/gm)].map(([, name]) => name);
    const recipe = await import(new URL(`../clients/${path.replace(".d.mts", ".mjs")}`, import.meta.url));
    assert.deepEqual(declared.toSorted(), Object.keys(recipe).toSorted(), path);
  }
});

test("the page of all recipes has its types", patient, () => compile(join(web, "clients/testing"), "-p", "."));

// take copies files and folders of the recipes, each with its types and without its tests.
async function take(names, to) {
  for (const name of names) {
    const wanted = name.endsWith("/") ? [name] : [`${name}.mjs`, `${name}.d.mts`];
    for (const one of wanted) {
      await cp(join(web, "clients", one), join(to, one), { recursive: true, filter: isNoTest });
    }
  }
}

const isNoTest = (path) => !path.includes(".test.");
