// Staying signed in: lost answers, two tabs, no storage, no https, and the end of it.
import { expect, onTestFinished, test, vi } from "vitest";
import { alone } from "../src/alone.ts";
import { ParleyError, Session, uuid } from "../src/index.ts";
import { refusal } from "../src/problem.ts";
import { Stored } from "../src/stored.ts";
import { disk, problem, refused, Scripted, soon, until } from "./scripted.ts";

const sessionAt = (server: Scripted, options = {}) => new Session({ url: server.url, storage: disk(), wait: soon, ...options });

async function signedIn(server: Scripted, options = {}) {
  const session = sessionAt(server, options);
  await session.login("ann", "correct horse battery");
  return session;
}

test("who has signed in is signed in after a reload, in every tab, until they sign out", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = await signedIn(server, { storage });
  expect(session.state.get()).toEqual({ status: "in", user: { id: "u-ann", username: "ann" } });
  expect(sessionAt(server, { storage }).user?.username).toBe("ann");
  expect(await session.signOut("ALL")).toBe(1);
  expect(session.state.get()).toEqual({ status: "out" });
  expect(server.named("Logout")[0]?.variables).toEqual({ scope: "ALL", token: "refresh-1" });
  expect(sessionAt(server, { storage }).user).toBeUndefined();
  expect(await session.signOut()).toBe(0);
});

test("ending all others leaves this one", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  await session.signOut("OTHERS");
  expect(session.user?.username).toBe("ann");
});

test("a sign-out that the server was not told of says so, and is one here", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  server.on("Logout", () => "cut");
  expect(await problem(session.signOut())).toMatchObject({ kind: "network" });
  expect(session.user).toBeUndefined();
});

test("any way to get a pair of tokens is a way to sign in", async () => {
  const server = await Scripted.start();
  const session = sessionAt(server);
  const names: string[] = [];
  session.state.subscribe(() => names.push(session.user?.username ?? ""));
  await session.signIn(async () => server.pair() as never);
  expect(names).toEqual(["ann"]);
  server.on("Login", () => refused("INVALID_CREDENTIALS"));
  expect(await problem(session.login("ann", "wrong"))).toMatchObject({ kind: "refused", code: "INVALID_CREDENTIALS" });
});

test("a token of one's own backend signs in, and is kept nowhere", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = sessionAt(server, { storage });
  server.on("LoginWith", () => refused("UNAUTHENTICATED", { reason: "INVALID_TOKEN" }));
  expect(await problem(session.loginWith("none"))).toMatchObject({ kind: "refused", code: "UNAUTHENTICATED", reason: "INVALID_TOKEN" });
  expect(session.user).toBeUndefined();
  server.on("LoginWith", () => ({ data: { loginWith: server.pair() } }));
  expect(await session.loginWith("a.b.c")).toEqual({ id: "u-ann", username: "ann" });
  expect(server.named("LoginWith").map(({ variables, token }) => [variables, token])).toEqual([[{ token: "none" }, undefined], [{ token: "a.b.c" }, undefined]]);
  expect(await session.token()).toBe("access-1");
  expect([...storage.values.values()].join()).not.toContain("a.b.c");
  expect(sessionAt(server, { storage }).user?.username).toBe("ann");
});

test("twenty requests with an expired token: one refresh, answered late, and all are answered", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  server.on("Me", ({ token }) => (token === "access-1" ? refused("TOKEN_EXPIRED") : { data: { me: token } }));
  server.on("Refresh", async ({ variables }) => {
    await until(() => server.named("Me").length >= 20);
    return server.refresh(variables);
  });
  const answers = await Promise.all(Array.from({ length: 20 }, () => session.ask("query Me { me { id } }", {})));
  expect(answers).toEqual(Array.from({ length: 20 }, () => ({ me: "access-2" })));
  expect(server.named("Refresh")).toHaveLength(1);
});

test("what needs a token is done again with another one if that is not taken, and with no other if it fails", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  const tokens: string[] = [];
  const taken = (code: string, at: string) => (token: string) => {
    tokens.push(token);
    if (token !== at) throw new ParleyError(refusal({ message: code, extensions: { code } }));
    return Promise.resolve(token);
  };
  expect(await session.withToken(taken("TOKEN_EXPIRED", "access-2"))).toBe("access-2");
  expect(await problem(session.withToken(taken("FORBIDDEN", "none")))).toMatchObject({ code: "FORBIDDEN" });
  const fault = new Error("of a program");
  await expect(session.withToken(() => Promise.reject(fault))).rejects.toBe(fault);
  expect(tokens).toEqual(["access-1", "access-2", "access-2"]);
});

test("a refresh whose answer is lost is the same attempt again, after a reload too", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = await signedIn(server, { storage });
  session.drop("access-1");
  server.on("Refresh", ({ variables }) => (server.refresh(variables), "cut"));
  expect(await problem(session.token())).toMatchObject({ kind: "network" });
  expect(session.user?.username).toBe("ann");
  server.on("Refresh", ({ variables }) => server.refresh(variables));
  expect(await sessionAt(server, { storage }).token()).toBe("access-2");
  expect(new Set(server.named("Refresh").map(({ variables }) => variables["key"])).size).toBe(1);
});

const locks = () => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    request<Result>(_: string, work: () => Promise<Result>) {
      const turn = last.then(work);
      last = turn.catch(() => {});
      return turn;
    },
  };
};

test.each([["navigator.locks", locks()], ["a lock in the storage", undefined]])("two tabs that refresh at once stay signed in: %s", async (_, lock) => {
  const server = await Scripted.start();
  const storage = disk();
  const options = { storage, ...(lock && { locks: lock }) };
  const tabs = [await signedIn(server, options), sessionAt(server, options)];
  for (let i = 0; i < 5; i++) {
    for (const one of tabs) one.drop(await one.token());
    await Promise.all(tabs.map((one) => one.token()));
  }
  expect(tabs.map(({ user }) => user?.username)).toEqual(["ann", "ann"]);
});

test("a tab that died with the lock in its hand does not keep the others from it", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = await signedIn(server, { storage });
  storage.setItem("parley.session.renew.lock", JSON.stringify({ owner: "dead", until: Date.now() - 1 }));
  session.drop("access-1");
  expect(await session.token()).toBe("access-2");
  storage.setItem("parley.session.renew.lock", JSON.stringify({ owner: "dead", until: Date.now() + 3_600_000 })); // its clock was wrong
  session.drop("access-2");
  expect(await session.token()).toBe("access-3");
  expect([...storage.values.keys()]).toEqual(["parley.session"]);
});

test("a tab whose token another has exchanged waits for what that stores", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = await signedIn(server, { storage });
  session.drop("access-1");
  let asked = 0;
  server.on("Refresh", ({ variables }) => {
    if (variables["token"] !== "refresh-1") return server.refresh(variables);
    if (++asked === 2) new Stored(storage, "parley.session").write({ id: "u-ann", username: "ann" }, "refresh-of-the-other");
    return refused("REFRESH_TOKEN_ROTATED");
  });
  await session.token();
  expect(server.named("Refresh").map(({ variables }) => variables["token"])).toEqual(["refresh-1", "refresh-1", "refresh-of-the-other"]);
});

test("two tabs without a lock that both exchange the token get the same pair, and it is stored once", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const loose = { request: <Result>(_: string, work: () => Promise<Result>) => work() };
  const tabs = [await signedIn(server, { storage, locks: loose }), sessionAt(server, { storage, locks: loose })];
  tabs[0]?.drop("access-1");
  let waiting = 0;
  server.on("Refresh", async ({ variables }) => {
    waiting++;
    await until(() => waiting === 2);
    return server.refresh(variables);
  });
  expect(await Promise.all(tabs.map((one) => one.token()))).toEqual(["access-2", "access-2"]);
});

test("a session that was ended is told as a value, once, with its reason", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  const states: unknown[] = [];
  session.state.subscribe(() => states.push(session.state.get()));
  server.on("Me", () => refused("SESSION_REVOKED", { reason: "PASSWORD_CHANGED" }));
  server.on("Refresh", () => refused("SESSION_REVOKED", { reason: "PASSWORD_CHANGED" }));
  const why = { kind: "revoked", code: "SESSION_REVOKED", reason: "PASSWORD_CHANGED", message: "SESSION_REVOKED" };
  expect(await problem(session.ask("query Me { me { id } }", {}))).toEqual(why);
  expect(states).toEqual([{ status: "out", problem: why }]);
});

test("a refusal of an old token does not sign out whoever has signed in since, in another tab", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = await signedIn(server, { storage });
  session.drop("access-1");
  server.on("Refresh", ({ variables }) => {
    if (variables["token"] !== "refresh-1") return server.refresh(variables);
    new Stored(storage, "parley.session").write({ id: "u-ann", username: "ann" }, "refresh-9");
    return refused("SESSION_REVOKED");
  });
  expect(await session.token()).toBe("access-2");
  expect(session.user?.username).toBe("ann");
});

test("nothing of one person is asked as another, who has signed in in another tab", async () => {
  const server = await Scripted.start();
  const storage = disk();
  const session = await signedIn(server, { storage });
  session.drop("access-1");
  new Stored(storage, "parley.session").write({ id: "u-bob", username: "bob" }, "refresh-of-bob");
  expect(await problem(session.ask("mutation Me { me { id } }", {}))).toMatchObject({ kind: "revoked" });
  expect(server.named("Me")).toEqual([]);
  expect(session.user?.username).toBe("bob");
});

// older is what pages have stored that gave an exchange no key.
const older = (refreshToken: string) => JSON.stringify({ id: "u-ann", username: "ann", refreshToken });

test("what older pages have stored is taken up, by two tabs at once as one attempt", async () => {
  const server = await Scripted.start();
  const storage = disk();
  storage.setItem("parley.session", older("refresh-0"));
  const loose = { request: <Result>(_: string, work: () => Promise<Result>) => work() };
  const tabs = [1, 2].map(() => sessionAt(server, { storage, locks: loose }));
  for (const { user } of tabs) expect(user).toEqual({ id: "u-ann", username: "ann" });
  server.on("Refresh", async ({ variables }) => {
    await until(() => server.named("Refresh").length === 2);
    return server.refresh(variables);
  });
  expect(await Promise.all(tabs.map((one) => one.token()))).toEqual(["access-1", "access-1"]);
  expect(server.named("Refresh").map(({ variables }) => variables["key"])).toEqual(["u-ann", "u-ann"]);
  const kept = JSON.parse(storage.getItem("parley.session") ?? "") as Record<string, string>;
  expect(kept).toMatchObject({ id: "u-ann", username: "ann", refreshToken: "refresh-1" });
  expect(kept["attempt"]).toMatch(/^[\da-f-]{36}$/);
});

test("a refusal of what an older page has stored does not sign out whoever has signed in there since", async () => {
  const server = await Scripted.start();
  const storage = disk();
  storage.setItem("parley.session", older("refresh-0"));
  const session = sessionAt(server, { storage });
  server.on("Refresh", ({ variables }) => {
    if (variables["token"] !== "refresh-0") return server.refresh(variables);
    storage.setItem("parley.session", older("refresh-9"));
    return refused("SESSION_REVOKED");
  });
  expect(await session.token()).toBe("access-1");
});

const forbidden = () => {
  throw new DOMException("no", "SecurityError");
};

test("no storage, or one that is full: signed in as long as the page lives", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server, { storage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden } });
  session.drop("access-1");
  expect(await session.token()).toBe("access-2");
  await session.signOut();
  expect(session.user).toBeUndefined();
});

test("where cookies are forbidden locks are refused, and it goes without", async () => {
  const server = await Scripted.start();
  const denied = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };
  const session = await signedIn(server, { locks: denied });
  server.on("Mine", () => ({ data: { me: null } }));
  for (let n = 0; n < 3; n++) {
    session.drop(await session.token()); // each call is with another one
    expect(await session.ask("query Mine { me { id } }", {})).toEqual({ me: null });
  }
  expect(server.named("Refresh").length).toBe(3);
});

test("an error under a lock is that of the work, which is done once", async () => {
  let n = 0;
  const refuse = () => Promise.reject(new Error(`attempt ${++n}`));
  const lock = alone(disk(), { request: (_name, work) => work() });
  await expect(lock("name", refuse)).rejects.toThrow("attempt 1");
});

test("a page without https has neither crypto.randomUUID nor navigator.locks", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  vi.stubGlobal("navigator", {});
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(uuid()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const server = await Scripted.start();
  const session = await signedIn(server);
  session.drop("access-1");
  expect(await session.token()).toBe("access-2");
});

test("a clock that is wrong by days makes no difference", async () => {
  const server = await Scripted.start();
  server.lifetime = -86_400_000;
  const session = await signedIn(server);
  expect([await session.token(), await session.token()]).toEqual(["access-1", "access-1"]);
});

test("what is stored by something else is nobody", async () => {
  const server = await Scripted.start();
  for (const text of ["", "null", "{", "[]", '{"id":"x"}']) {
    const storage = disk();
    storage.setItem("parley.session", text);
    expect(sessionAt(server, { storage }).user).toBeUndefined();
  }
});

test("an answer that is none of ours, and none at all, are network faults", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  server.on("Me", () => ({}));
  expect(await problem(session.ask("query Me { me { id } }", {}))).toMatchObject({ kind: "network" });
  server.stop();
  expect(await problem(session.ask("query Me { me { id } }", {}))).toMatchObject({ kind: "network" });
});

test("a refused call says what, why and which argument", async () => {
  const server = await Scripted.start();
  const session = await signedIn(server);
  server.on("Me", () => refused("BAD_USER_INPUT", { field: "text", reason: "TOO_LONG", requestId: "r-1" }));
  expect(await problem(session.ask("query Me { me { id } }", {}))).toEqual({
    kind: "refused",
    message: "BAD_USER_INPUT",
    code: "BAD_USER_INPUT",
    field: "text",
    reason: "TOO_LONG",
    requestId: "r-1",
    retryable: false,
  });
});
