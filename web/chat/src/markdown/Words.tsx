import { createContext, use } from "react";
import { elsewhere } from "./address";
import { withNames, type Named } from "./names";
import { lineWords } from "./plain";
import type { Inline } from "./tree";

/** NamesContext is who is mentioned in the text, and which of them is oneself. */
export const NamesContext = createContext<{ named: readonly Named[]; me: string | undefined }>({ named: [], me: undefined });

/** Words shows pieces of a line. */
export function Words({ parts, names = true }: { parts: readonly Inline[]; names?: boolean }) {
  return parts.map((part, at) => <Piece key={at} part={part} names={names} />);
}

function Piece({ part, names }: { part: Inline; names: boolean }) {
  if (typeof part === "string") return names ? <Plain words={part} /> : part;
  switch (part.kind) {
    case "code":
      return <code dir="auto">{part.text}</code>;
    case "link": {
      const other = elsewhere(lineWords(part.parts), part.href);
      return (
        <>
          <a href={part.href} target="_blank" rel="noopener noreferrer ugc nofollow" title={titleOf(part)}>
            <Words parts={part.parts} names={false} />
          </a>
          {other && <bdi> ({other})</bdi>}
        </>
      );
    }
    default: {
      const { kind: Tag, parts } = part;
      return (
        <Tag>
          <Words parts={parts} names={names} />
        </Tag>
      );
    }
  }
}

// Where it leads is said, unless it is what one reads.
function titleOf({ href, title, parts }: { href: string; title: string; parts: readonly Inline[] }): string | undefined {
  const same = parts.length === 1 && (parts[0] === href || `${String(parts[0])}/` === href);
  return [title, same ? "" : href].filter((line) => line !== "").join("\n") || undefined;
}

function Plain({ words }: { words: string }) {
  const { named, me } = use(NamesContext);
  return withNames(words, named).map((part, at) =>
    typeof part === "string" ? (
      part
    ) : (
      <span key={at} className="mention" data-me={part.who.id === me || undefined}>
        {part.words}
      </span>
    ),
  );
}
