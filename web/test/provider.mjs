// An OpenID provider on this machine, and a client without a browser that signs people in there.
import assert from "node:assert/strict";
import { createHash, generateKeyPair, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import { promisify } from "node:util";
import { Provider } from "oidc-provider";

const callback = "http://127.0.0.1/callback"; // nobody listens there: the client reads where it is sent

/**
 * provider is an OpenID provider for one client. `people` are their claims by what they sign in as. `rotate` gives it another key alone, whose
 * id it answers; `asked` counts how often its keys were fetched; `stop` ends it.
 */
export async function provider(t, { client, people }) {
  const server = createServer((request, response) => {
    if (request.url === "/jwks") self.asked++;
    handle(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  const shared = {
    clients: [
      { client_id: client, application_type: "native", redirect_uris: [callback], token_endpoint_auth_method: "none", grant_types: ["authorization_code"] },
    ],
    cookies: { keys: [randomUUID()] },
    claims: { openid: ["sub"], profile: ["preferred_username", "name", "picture"] },
    conformIdTokenClaims: false, // into the id token, and not only to who asks for them
    ttl: { AccessToken: 3600, AuthorizationCode: 600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
    findAccount: (_, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
  };
  let handle;
  const self = {
    origin,
    client,
    asked: 0,
    async rotate() {
      const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
      const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
      handle = new Provider(origin, { ...shared, jwks: { keys: [key] } }).callback();
      return key.kid;
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  await self.rotate();
  t.after(self.stop);
  return self;
}

/** idToken is what an app has of somebody who has signed in: by a code, with PKCE. */
export async function idToken({ origin, client }, login) {
  const verifier = randomBytes(32).toString("base64url");
  const asked = { client_id: client, response_type: "code", redirect_uri: callback, scope: "openid profile" };
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const state = randomUUID();
  const first = `/auth?${new URLSearchParams({ ...asked, state, nonce: randomUUID(), code_challenge: challenge, code_challenge_method: "S256" })}`;
  const { searchParams: sent } = await walk(new URL(first, origin), login);
  assert.equal(sent.get("state"), state);
  assert.ok(sent.get("code"), `${sent}`);
  const answer = await fetch(`${origin}/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: client, grant_type: "authorization_code", code: sent.get("code"), redirect_uri: callback, code_verifier: verifier }),
  });
  const { id_token } = await answer.json();
  assert.ok(id_token, `status ${answer.status}`);
  return id_token;
}

// walk goes where a browser would go, fills in the forms that ask who it is and whether it agrees, and returns where it is sent in the end.
async function walk(url, login) {
  const cookies = new Map();
  let form;
  for (let step = 0; step < 20; step++) {
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }
    const text = await answer.text();
    form = undefined;
    if (answer.headers.has("location")) {
      url = new URL(answer.headers.get("location"), url);
      if (url.href.startsWith(`${callback}?`)) return url;
      continue;
    }
    const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1];
    assert.ok(answer.ok && prompt, `${url}: status ${answer.status}: ${text}`);
    form = prompt === "login" ? { prompt, login, password: "any" } : { prompt };
  }
  throw new Error("it leads nowhere");
}
