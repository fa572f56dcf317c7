const tones = 6;

/** Avatar is a person's first letter in a colour that is always theirs. */
export function Avatar({ name }: { name: string }) {
  let sum = 0;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + letter.codePointAt(0)!) % 65_521;
  const [first = ""] = new Intl.Segmenter().segment(name)[Symbol.iterator]().next().value?.segment.toUpperCase() ?? "";
  return (
    <span className="avatar" data-tone={sum % tones} aria-hidden="true">
      {first}
    </span>
  );
}
