// For applications that have urql: its queries and mutations signed in, and graphcache fed by the stream.
import { createRequest, makeErrorResult, makeOperation, type Exchange, type ExchangeInput, type Operation, type OperationResult } from "@urql/core";
import { cacheExchange, type CacheExchangeOpts } from "@urql/exchange-graphcache";
import { print } from "graphql";
import { filter, make, makeSubject, merge, pipe, share, subscribe, tap, type Source } from "wonka";
import { recordersOf } from "../caches/chat.ts";
import type { LogEvent } from "../src/log.ts";
import type { Parley } from "../src/index.ts";
import { count, heard, write, type Writing } from "./writing.ts";
import { keys, lists, mutations } from "./schema.ts";

/** CacheOptions are those of graphcache's cacheExchange. Yours are added to what the package knows of the schema. */
export type CacheOptions = Partial<CacheExchangeOpts>;

const WRITE = "parleyWrite"; // a field of no server: by it graphcache lets writes of others in
const writing = createRequest(`mutation { ${WRITE} }`, {});
let writings = 0;

// Each is another one, because graphcache lays them over the answers that were on their way before.
const nextWriting = () => makeOperation("mutation", { ...writing, key: ++writings }, { url: "", requestPolicy: "network-only" });

/**
 * parleyExchange is graphcache, fed by what happens, and runs queries and mutations as whoever is signed in: the only exchange that a
 * client of Parley's API alone needs. For another person it begins with an empty cache. Errors are CombinedErrors, whose
 * `networkError` is the ParleyError; an answer with any error is one. Subscriptions go on to the exchange behind it.
 */
export const parleyExchange = (parley: Parley, options: CacheOptions = {}): Exchange => (input) => (operations) =>
  make<OperationResult>(({ next }) => {
    const active = new Map<number, Operation>(); // queries
    const others = makeSubject<Operation>();
    const answers = makeSubject<OperationResult>();
    const behind = pipe(input.forward(others.source), subscribe(answers.next));
    const beginHere = () => begin(parley, options, input, active, { ask: others.next, answers: answers.source, show: next });
    let [me, cache] = [parley.session.user?.id, beginHere()];
    const changed = () => {
      const now = parley.signedIn.get()?.user.id;
      if (now === me) return;
      cache.stop();
      for (const operation of active.values()) next({ operation, data: undefined, stale: true, hasNext: false } as OperationResult);
      [me, cache] = [now, beginHere()];
      if (now) again(input, active);
    };
    const leave = parley.signedIn.subscribe(changed);
    const { unsubscribe } = pipe(operations, subscribe((operation) => {
      if (operation.kind === "query") active.set(operation.key, operation);
      if (operation.kind === "teardown") active.delete(operation.key);
      cache.operate(operation);
    }));
    return () => {
      leave();
      unsubscribe();
      behind.unsubscribe();
      cache.stop();
    };
  });

// Ends are where operations that are not ours go, and results.
interface Ends {
  ask(operation: Operation): void;
  answers: Source<OperationResult>;
  show(result: OperationResult): void;
}

// What is shown is asked for once more.
function again({ client }: ExchangeInput, active: ReadonlyMap<number, Operation>): void {
  for (const operation of active.values()) client.reexecuteOperation(makeOperation("query", operation, { ...operation.context, requestPolicy: "network-only" }));
}

const isOther = ({ kind }: Operation) => kind === "subscription" || kind === "teardown";

// What is to be written graphcache lets in as the update of a mutation.
const graphcache = (options: CacheOptions, todo: Writing[]): Exchange =>
  cacheExchange({
    ...options,
    keys: { ...keys, ...options.keys },
    resolvers: { ...options.resolvers, Query: { chats: lists, ...options.resolvers?.["Query"] } },
    updates: {
      ...options.updates,
      Mutation: {
        ...mutations,
        ...options.updates?.["Mutation"],
        [WRITE](_root, _args, cache) {
          for (const work of todo.splice(0)) work(cache);
        },
      },
    },
  });

// One person's cache.
function begin(parley: Parley, options: CacheOptions, input: ExchangeInput, active: ReadonlyMap<number, Operation>, { ask, answers, show }: Ends) {
  const operations = makeSubject<Operation>();
  const fed = makeSubject<OperationResult>();
  const todo: Writing[] = [];
  const feed = (work: Writing) => {
    if (todo.push(work) > 1) return;
    queueMicrotask(() => fed.next({ operation: nextWriting(), data: { [WRITE]: true }, stale: false, hasNext: false } as OperationResult));
  };
  const forward = (asked: Source<Operation>) =>
    share(merge([requests(parley, feed, pipe(asked, tap((operation) => isOther(operation) && ask(operation)), filter(({ kind }) => kind !== "subscription"))), answers, fed.source]));
  const shown = pipe(graphcache(options, todo)({ ...input, forward })(operations.source), filter(({ operation }) => operation.query !== writing.query), subscribe(show));
  const signedIn = parley.signedIn.get();
  const undo = signedIn ? [
    signedIn.onEvent((event) => {
      for (const since of recordersOf(parley)) since.push(event);
      feed((cache) => write(cache, event, signedIn.user.id));
    }),
    signedIn.rooms.list.subscribe(count(signedIn, feed)),
    signedIn.follow({ happened() {}, anew: () => { feed(heard); again(input, active); } }),
  ] : [];
  return {
    operate: operations.next,
    stop() {
      shown.unsubscribe();
      for (const one of undo) one();
    },
  };
}

// An answer is older than what was told while it was on its way, which is written once more behind it.
const requests = (parley: Parley, feed: (work: Writing) => void, operations: Source<Operation>): Source<OperationResult> =>
  make(({ next }) => {
    const running = new Map<number, AbortController>();
    const run = async (operation: Operation) => {
      const gone = new AbortController();
      running.set(operation.key, gone);
      const since: LogEvent[] = [];
      recordersOf(parley).add(since);
      const me = parley.session.user?.id ?? "";
      try {
        const data = await parley.session.ask<unknown, unknown>(print(operation.query), operation.variables, { signal: gone.signal });
        if (gone.signal.aborted) return;
        next({ operation, data, stale: false, hasNext: false } as OperationResult);
        for (const event of since) feed((cache) => write(cache, event, me));
      } catch (error) {
        if (!gone.signal.aborted) next(makeErrorResult(operation, error as Error));
      } finally {
        recordersOf(parley).delete(since);
        if (running.get(operation.key) === gone) running.delete(operation.key);
      }
    };
    const { unsubscribe } = pipe(operations, subscribe((operation) => {
      if (operation.kind !== "mutation") running.get(operation.key)?.abort();
      if (operation.kind !== "teardown") void run(operation);
    }));
    return () => {
      unsubscribe();
      for (const one of running.values()) one.abort();
    };
  });
