// Blanks, controls, what turns the direction of writing, and what browsers take for a slash.
const odd = /[\s\p{Cc}\p{Cf}\p{Cs}\\<>"]/u;

/** address is where a link leads, as a browser writes it, or nothing: only http and https lead anywhere, without a name or password before the host. */
export function address(typed: string): string | undefined {
  if (!/^https?:\/\//i.test(typed) || odd.test(typed) || !URL.canParse(typed)) return undefined;
  const url = new URL(typed);
  const web = url.protocol === "http:" || url.protocol === "https:";
  return web && url.hostname !== "" && url.username === "" && url.password === "" ? url.href : undefined;
}

/** elsewhere is the host of an address whose words look like another one; of all others it is nothing. */
export function elsewhere(words: string, href: string): string | undefined {
  const { host, hostname } = new URL(href);
  const named = words.normalize("NFKC").match(/[\p{L}\p{N}-]+(?:[.。][\p{L}\p{N}-]+)+/gu) ?? [];
  const isThere = (name: string) => {
    const read = `http://${name}`;
    return URL.canParse(read) && [hostname, `www.${hostname}`, hostname.replace(/^www\./, "")].includes(new URL(read).hostname);
  };
  const first = named.find((name) => /[.。]\p{L}{2,}$/u.test(name) || /^\d+(?:\.\d+){3}$/.test(name));
  return first === undefined || isThere(first) ? undefined : host;
}

const pairs: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** addressAt is the address with which a text begins, without what ends the sentence around it. */
export function addressAt(text: string): string {
  let end = /^https?:\/\/[^\s<>"`\\\p{Cc}]+/iu.exec(text)?.[0].length ?? 0;
  const opened = new Map(Object.values(pairs).map((open) => [open, count(text, end, open)]));
  const closed = new Map(Object.keys(pairs).map((close) => [close, count(text, end, close)]));
  for (; end > 0; end--) {
    const last = text[end - 1]!;
    const open = pairs[last];
    if (open === undefined && !/[?!.,:;*_~'|。，、！？；：）」』】》”’…]/u.test(last)) break;
    // A bracket that was opened within the address is its own.
    if (open !== undefined) {
      if (closed.get(last)! <= opened.get(open)!) break;
      closed.set(last, closed.get(last)! - 1);
    }
  }
  return text.slice(0, end);
}

function count(text: string, end: number, sign: string): number {
  let times = 0;
  for (let at = text.indexOf(sign); at >= 0 && at < end; at = text.indexOf(sign, at + 1)) times++;
  return times;
}
