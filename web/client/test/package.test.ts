// The package as it is published: how large it is, what is in it, and that it builds in somebody else's project.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";
import "../../clients/testing/children.mjs"; // whose folder has what is written here

const here = fileURLToPath(new URL("..", import.meta.url));
const modules = join(here, "../node_modules");
const most = 14 * 1024; // bytes, gzipped, with graphql-ws

// packed is the package in the node_modules of an empty project, with what it depends on and React.
function packed(): string {
  const project = mkdtempSync(join(tmpdir(), "project-"));
  const source = join(project, "source");
  cpSync(here, source, { recursive: true });
  cpSync(join(here, "../tsconfig.json"), join(project, "tsconfig.json"));
  symlinkSync(modules, join(project, "node_modules"));
  execFileSync(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", "tsconfig.build.json"], { cwd: source, stdio: "inherit" });
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts"], { cwd: source, encoding: "utf8" })) as [{ filename: string }];
  const consumer = join(project, "consumer");
  const installed = join(consumer, "node_modules");
  mkdirSync(installed, { recursive: true });
  for (const name of ["graphql", "graphql-ws", "react", "csstype", "@apollo", "rxjs", "@urql", "wonka"]) symlinkSync(join(modules, name), join(installed, name));
  mkdirSync(join(installed, "@types"));
  symlinkSync(join(modules, "@types/react"), join(installed, "@types/react"));
  execFileSync("tar", ["-xzf", join(source, filename), "-C", installed]);
  execFileSync("mv", [join(installed, "package"), join(installed, "parley-client")]);
  return consumer;
}

const app = `
import { Parley, type Problem } from "parley-client";
import { Members, People } from "parley-client/people";
import { useRoom, useRooms, useSession } from "parley-client/react";

export const parley = new Parley({ url: "http://127.0.0.1:8080/graphql" });

export const names = () => {
  const signedIn = parley.signedIn.get();
  return signedIn && [new Members(signedIn, "id").view.get().members?.[0]?.user.name, new People(signedIn).get("id")?.name];
};

export function words(problem: Problem): string {
  switch (problem.kind) {
    case "revoked":
      return "Sign in again.";
    case "lost":
      return \`\${problem.room} is gone.\`;
    case "refused":
      return problem.code === "RATE_LIMITED" ? \`Wait \${problem.retryAfterMs ?? 1000} ms.\` : \`\${problem.field ?? ""} \${problem.reason ?? ""}\`;
    case "network":
      return problem.message;
  }
}

export function texts(): (string | null)[] {
  const { chats, timeline, problem } = useRoom(parley, "general");
  // @ts-expect-error what is sent is text
  const wrong = () => timeline?.send(5);
  // @ts-expect-error whether it is put there or taken off is not left open
  const unsaid = () => timeline?.react("id", "x");
  const state = useSession(parley);
  const name: string = state.status === "in" ? state.user.username : words(state.problem ?? problem ?? { kind: "network", message: "" });
  return [name, ...(useRooms(parley) ?? []).map((room) => room.name), ...chats.map((chat) => chat.text), String(wrong), String(unsaid)];
}
`;

// Each piece of code in README.md is a module.
const pieces = () => {
  const text = readFileSync(join(here, "README.md"), "utf8");
  return [...text.matchAll(/```(tsx?)\n(.*?)```/gs)].map(([, kind = "", code = ""], i) => ({ name: `piece${i}.${kind}`, code }));
};

function compile(consumer: string, files: string[], more: object): void {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true };
  const compilerOptions = { ...strict, ...more, module: "NodeNext", target: "ES2022", lib: ["ES2023", "DOM"], types: [], jsx: "react-jsx" };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  execFileSync(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", "."], { cwd: consumer, stdio: "inherit" });
}

test("packed and installed, it is typed to the strictest settings, and small", async () => {
  const consumer = packed();
  const inside = readdirSync(join(consumer, "node_modules/parley-client"), { recursive: true }).map(String).toSorted();
  expect(inside.filter((name) => !name.startsWith("dist"))).toEqual(["README.md", "package.json"]);
  expect(inside.filter((name) => name.includes("test"))).toEqual([]);
  writeFileSync(join(consumer, "app.ts"), app);
  for (const { name, code } of pieces()) writeFileSync(join(consumer, name), code);
  const names = ["app.ts", ...pieces().map(({ name }) => name)];
  const others = pieces().flatMap(({ name, code }) => (/@apollo\/client|@urql\/core/.test(code) ? [name] : []));
  writeFileSync(join(consumer, "package.json"), '{"type":"module"}');
  compile(consumer, names.filter((name) => !others.includes(name)), { skipLibCheck: false });
  compile(consumer, others, { skipLibCheck: true }); // their own types are not as strict

  const input = join(consumer, "core.js");
  writeFileSync(input, 'export * from "parley-client";');
  const rolldownOptions = { input, preserveEntrySignatures: "strict" as const, output: { entryFileNames: "core.js" } };
  await build({ root: consumer, logLevel: "error", configFile: false, build: { rolldownOptions, target: "es2023", outDir: "out" } });
  const size = gzipSync(readFileSync(join(consumer, "out/core.js")), { level: 9 }).length;
  expect(size).toBeLessThanOrEqual(most);
});
