// People of an OpenID provider, as docs/embed.md has them: sign-ins, keys that change, and a provider that is away.
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { blocks } from "./embed.mjs";
import { idToken, provider } from "./provider.mjs";
import { start } from "./server.mjs";
import { PATIENCE, patient } from "../clients/testing/rounds.mjs";

const people = {
  17: { preferred_username: "ann@example.org", name: "Ann Example", picture: "https://id.example.org/17.png" },
  18: { preferred_username: "ann@elsewhere.org" },
};

// what comes of a token: whom it lets in, or the code of its refusal.
async function letIn(origin, token) {
  const query = "mutation ($token: String!) { loginWith(token: $token) { accessToken refreshToken user { id username name image } } }";
  const body = JSON.stringify({ query, variables: { token } });
  const answer = await fetch(`${origin}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const { data, errors } = await answer.json();
  return data?.loginWith ?? errors[0].extensions;
}

const keyOf = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url")).kid;

// A token of a key that is not known is refused for good while the keys were fetched just now, and for now when they cannot be.
const isRefused = ({ code, reason, retryable }) => reason === "INVALID_TOKEN" || (code === "SERVER_BUSY" && retryable === true);

test("people of an OpenID provider", patient, async (t) => {
  const block = (await blocks()).find(({ what }) => what === "provider");
  const [{ audience: [client] }] = JSON.parse(block.code);
  const id = await provider(t, { client, people });
  const file = join(await mkdtemp(join(tmpdir(), "oidc-")), block.about);
  await writeFile(file, block.code.replaceAll("https://id.example.org", id.origin));
  const origin = await start(t, { PARLEY_ISSUERS: file });
  const first = await idToken(id, "17");

  await t.test("their id token lets them in, and the next one finds them", async () => {
    const { user, accessToken, refreshToken } = await letIn(origin, first);
    assert.deepEqual({ ...user, id: undefined }, { id: undefined, username: "ann", name: "Ann Example", image: "https://id.example.org/17.png" });
    assert.ok(accessToken && refreshToken);
    assert.equal((await letIn(origin, await idToken(id, "17"))).user.id, user.id);
    const other = (await letIn(origin, await idToken(id, "18"))).user;
    assert.notEqual(other.id, user.id);
    assert.equal(other.username, "ann-2");
  });

  await t.test("a token that was changed lets nobody in", async () => {
    const [head, claims, signature] = first.split(".");
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, "base64url")), sub: "18" })).toString("base64url");
    const { code, reason } = await letIn(origin, `${head}.${forged}.${signature}`);
    assert.deepEqual({ code, reason }, { code: "UNAUTHENTICATED", reason: "INVALID_TOKEN" });
  });

  let second;
  await t.test("with another key its tokens are taken as soon as that is fetched, and those of the old key no more", async () => {
    const kid = await id.rotate();
    second = await idToken(id, "17");
    assert.equal(keyOf(second), kid);
    assert.notEqual(keyOf(first), kid);
    const fetched = id.asked;
    let answer;
    for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
      answer = await letIn(origin, second);
      if (answer.user) break;
      assert.ok(isRefused(answer), JSON.stringify(answer));
      assert.ok(Date.now() < end, "the new key is not fetched");
    }
    assert.equal(answer.user.username, "ann");
    assert.ok(id.asked > fetched);
    assert.equal((await letIn(origin, first)).code, "UNAUTHENTICATED");
  });

  await t.test("while it is away known keys are good, and others are not", async () => {
    await id.rotate();
    const third = await idToken(id, "17");
    await id.stop();
    const refused = await letIn(origin, third);
    assert.ok(isRefused(refused), JSON.stringify(refused));
    for (const end = Date.now() + PATIENCE; (await letIn(origin, third)).code !== "SERVER_BUSY"; ) {
      assert.ok(Date.now() < end, "nobody tries to fetch the key");
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.equal((await letIn(origin, second)).user.username, "ann");
  });
});
