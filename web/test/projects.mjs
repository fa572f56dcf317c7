// Projects of other people, in empty folders: with the package as it is published, with what else they install, built and served.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import "../clients/testing/children.mjs"; // whose folder has the projects

export const web = fileURLToPath(new URL("..", import.meta.url));
const execute = promisify(execFile);

/** run runs a command in a folder; what it says is said when it fails. */
export const run = (folder, [command, ...args], env = {}) =>
  execute(command, args, { cwd: folder, env: { ...process.env, ...env } }).catch(({ stdout, stderr, message }) =>
    assert.fail([message, stdout, stderr].join("\n")),
  );

/** project makes an empty folder, which goes when the test t is over. */
export async function project(t, name) {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** packed is the file of the package as it would be published, made once. */
export const packed = () => (file ??= pack());
let file;

async function pack() {
  const folder = await mkdtemp(join(tmpdir(), "packed-"));
  const source = join(folder, "client");
  const isSource = (path) => path !== join(web, "client/dist") && !path.endsWith(".tgz");
  await cp(join(web, "client"), source, { recursive: true, filter: isSource });
  await cp(join(web, "tsconfig.json"), join(folder, "tsconfig.json"));
  await symlink(join(web, "node_modules"), join(folder, "node_modules"));
  await run(source, ["npm", "pack", "--pack-destination", folder]);
  const { name, version } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  return join(folder, `${name}-${version}.tgz`);
}

/**
 * install installs what an app's package.json names, and the packed file as parley-client. What others depend on has the versions
 * of our own lock, and so it is in npm's cache.
 */
export async function install(app) {
  const manifest = JSON.parse(await readFile(join(app, "package.json"), "utf8"));
  manifest.dependencies["parley-client"] = `file:${await packed()}`;
  await writeFile(join(app, "package.json"), JSON.stringify(manifest));
  const lock = JSON.parse(await readFile(join(web, "package-lock.json"), "utf8"));
  const { name, dependencies, devDependencies } = manifest;
  lock.name = name;
  lock.packages[""] = { name, dependencies, devDependencies };
  await writeFile(join(app, "package-lock.json"), JSON.stringify(lock));
  await run(app, ["npm", "install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

/** unpack puts the packed file where an app finds it, without npm. */
export async function unpack(app) {
  const folder = join(app, "node_modules/parley-client");
  await mkdir(folder, { recursive: true });
  await run(folder, ["tar", "-xzf", await packed(), "--strip-components=1"]);
}

/** link puts a package of ours where only the app finds it; what that needs in turn it finds where it lies. */
export async function link(name, app) {
  const to = join(app, "node_modules", name);
  await mkdir(dirname(to), { recursive: true });
  await symlink(join(web, "node_modules", name), to).catch((error) => error.code === "EEXIST" || Promise.reject(error));
}

/** compile says whether the types of a folder are right, by its tsconfig.json. */
export const compile = (folder, ...args) => run(folder, [join(web, "node_modules/.bin/tsc"), ...args]);

/** copy puts the files of an example into a folder, and nothing that was installed or built beside them. */
export const copy = (from, to) =>
  cp(from, to, { recursive: true, filter: (path) => !["node_modules", "dist", "package-lock.json"].includes(basename(path)) });
