import type { OperationResult } from "urql";
import { answered } from "./answered";
import { failureOf, type Failure } from "./failure";
import { backOff } from "../../../client/src/platform.ts";

type Source<Data> = { subscribe(next: (result: OperationResult<Data>) => void): { unsubscribe(): void } };

/** A reader of a stream. */
export type Reader<Data> = {
  next(data: Data): void;
  /** Whether the stream is over with this failure; otherwise it is begun again after a while. */
  ended(failure: Failure): boolean;
};

/** keep holds a subscription open until it is stopped. The socket comes back by itself; what gets here is what it gave up on. */
export function keep<Data>(begin: () => Source<Data>, reader: Reader<Data>): () => void {
  let stopped = false;
  let tries = 0;
  let leave: (() => void) | undefined;

  const start = () => {
    leave = begin().subscribe((result) => {
      if (stopped) return;
      const data = answered(result);
      if (result.error) {
        void fail(failureOf(result.error));
      } else if (data) {
        tries = 0;
        reader.next(data);
      }
    }).unsubscribe;
  };

  const fail = async (failure: Failure) => {
    leave?.();
    if (reader.ended(failure)) return;
    await backOff(tries++, failure.retryAfterMs);
    if (!stopped) start();
  };

  start();
  return () => {
    stopped = true;
    leave?.();
  };
}
