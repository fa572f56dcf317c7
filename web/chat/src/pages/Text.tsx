import { useState } from "react";
import { moment } from "../ui/time";

const long = { letters: 1800, lines: 24 };

type Props = { text: string; edited: string | null; growing?: boolean };

/** Text is what somebody wrote, as text and nothing else. A very long one is cut until it is asked for, unless it still grows. */
export function Text({ text, edited, growing = false }: Props) {
  const [whole, setWhole] = useState(false);
  const short = whole || growing ? text : beginning(text);
  return (
    <>
      <p className="text" dir="auto">
        {short}
        {short.length < text.length && "…"}
        {edited && (
          <span className="edited" title={moment(edited)}>
            {" "}
            (edited)
          </span>
        )}
      </p>
      {short.length < text.length && (
        <button className="text-button" type="button" onClick={() => setWhole(true)}>
          Show all of it
        </button>
      )}
    </>
  );
}

function beginning(text: string): string {
  const lines = text.split("\n", long.lines + 1);
  const few = lines.length > long.lines ? lines.slice(0, long.lines).join("\n") : text;
  // Never between the two halves of one letter.
  return few.length <= long.letters ? few : few.slice(0, long.letters).replace(/[\uD800-\uDBFF]$/, "");
}
