// How often a test repeats what chance decides, and how long it waits for what must happen.

/**
 * rounds answers a few, or all if ROUNDS in the environment is "all", as make nightly has it. A number there is how
 * often.
 */
export function rounds(few, all) {
  const text = process.env.ROUNDS ?? "";
  if (text === "") return few;
  if (text === "all") return all;
  if (!/^\d+$/.test(text)) throw new Error(`ROUNDS: ${text}`);
  return Number(text);
}

/** PATIENCE is how long a test waits for what must happen, in ms; it decides nothing, and a busy machine may need it. Less is for code that is broken on purpose. */
export const PATIENCE = Number(process.env.PATIENCE ?? 120_000);

/** patient are the options of a test, which ends one that hangs. */
export const patient = { timeout: 600_000 };
