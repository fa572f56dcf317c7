/** Named is somebody whom a chat mentions. */
export type Named = { id: string; username: string };

const name = /[@＠]([\p{L}\p{M}\p{N}._．－＿-]+)/gu;
const word = /[\p{L}\p{M}\p{N}@＠/\\=]/u;
// Scripts that put no blanks around foreign words.
const unspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

const keyOf = (username: string): string => username.normalize("NFKC").toLowerCase();

/**
 * withNames takes words apart where those stand who are mentioned in them. Who they are the server says; here one only looks for the
 * places, so a name that it knows by another spelling stays text.
 */
export function withNames(words: string, named: readonly Named[]): (string | { words: string; who: Named })[] {
  if (named.length === 0) return [words];
  const byKey = new Map(named.map((one) => [keyOf(one.username), one]));
  const parts: (string | { words: string; who: Named })[] = [];
  let from = 0;
  for (const match of words.matchAll(name)) {
    const before = Array.from(words.slice(Math.max(0, match.index - 2), match.index)).at(-1) ?? "";
    if (word.test(before) && !unspaced.test(before)) continue;
    const found = longest(match[1]!, byKey);
    if (!found) continue;
    const end = match.index + 1 + found.length;
    if (match.index > from) parts.push(words.slice(from, match.index));
    parts.push({ words: words.slice(match.index, end), who: found.who });
    from = end;
  }
  if (from < words.length) parts.push(words.slice(from));
  return parts;
}

const most = 96; // letters of a name in its longest spelling

function longest(typed: string, byKey: ReadonlyMap<string, Named>): { who: Named; length: number } | undefined {
  for (let length = Math.min(typed.length, most); length > 0; length--) {
    // A name ends where a word does: before a sign, or where another script begins.
    const next = typed[length];
    if (next !== undefined && /[\p{L}\p{M}\p{N}]/u.test(next) && !unspaced.test(next) && !/[._．－＿-]/.test(typed[length - 1]!)) continue;
    const who = byKey.get(keyOf(typed.slice(0, length)));
    if (who) return { who, length };
  }
  return undefined;
}
