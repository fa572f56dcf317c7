import { memo, type ReactNode } from "react";
import { Fence } from "./Fence";
import { Words } from "./Words";
import type { Block } from "./tree";

type Props = {
  blocks: readonly Block[];
  /** What stands behind the last word. */
  end?: ReactNode;
};

/** Blocks shows a text that was read. Blocks that are the same objects as before are not drawn again. */
export function Blocks({ blocks, end }: Props) {
  const last = blocks.at(-1);
  const inline = last?.kind === "paragraph" || last?.kind === "heading";
  return (
    <>
      {blocks.map((block, at) => (
        <OneBlock key={at} block={block} end={inline && block === last ? end : undefined} />
      ))}
      {!inline && end && <p>{end}</p>}
    </>
  );
}

// Each finds its own direction: a quote may be in another script than its answer.
const OneBlock = memo(function OneBlock({ block, end }: { block: Block; end: ReactNode }) {
  switch (block.kind) {
    case "code":
      return <Fence {...block} />;
    case "quote":
      return (
        <blockquote dir="auto">
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case "list":
      return <List {...block} />;
    default:
      return (
        <p dir="auto" className={block.kind === "heading" ? "text-heading" : undefined}>
          <Words parts={block.parts} />
          {end}
        </p>
      );
  }
});

function List({ start, items }: { start: number | undefined; items: readonly (readonly Block[])[] }) {
  const rows = items.map((blocks, at) => (
    <li key={at} dir="auto">
      <Blocks blocks={blocks} />
    </li>
  ));
  return start === undefined ? (
    <ul dir="auto">{rows}</ul>
  ) : (
    // The widest number stands before the text, whatever it is.
    <ol dir="auto" start={start} style={{ paddingInlineStart: `${String(start + items.length).length + 1.5}ch` }}>
      {rows}
    </ol>
  );
}
