import { useMemo, useState } from "react";
import { Blocks } from "../markdown/Blocks";
import { cut } from "../markdown/cut";
import type { Named } from "../markdown/names";
import { useParsed } from "../markdown/useParsed";
import { NamesContext } from "../markdown/Words";
import { useServices } from "../ui/services";
import { moment } from "../ui/time";

const long = { letters: 1800, lines: 24 };

type Props = { text: string; edited: string | null; mentions: readonly Named[]; growing?: boolean };

/** Text is what somebody wrote. A very long one is cut until it is asked for, unless it still grows. */
export function Text({ text, edited, mentions, growing = false }: Props) {
  const { me } = useServices();
  const [whole, setWhole] = useState(false);
  const { blocks } = useParsed(text);
  const all = whole || growing;
  const shown = useMemo(() => (all ? { blocks, short: false } : cut(blocks, long)), [blocks, all]);
  const names = useMemo(() => ({ named: mentions, me: me.id }), [mentions, me.id]);
  const end = useMemo(() => edited && <Edited at={edited} />, [edited]);
  return (
    <>
      <div className="text">
        <NamesContext value={names}>
          <Blocks blocks={shown.blocks} end={end} />
        </NamesContext>
      </div>
      {shown.short && (
        <button className="text-button" type="button" onClick={() => setWhole(true)}>
          Show all of it
        </button>
      )}
    </>
  );
}

const Edited = ({ at }: { at: string }) => (
  <span className="edited" title={moment(at)}>
    {" "}
    (edited)
  </span>
);
