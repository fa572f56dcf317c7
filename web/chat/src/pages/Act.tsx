/** Act is something that can be done, at the end of a sentence about it. */
export const Act = ({ name, act }: { name: string; act(): void }) => (
  <>
    {" "}
    <button className="text-button" type="button" onClick={act}>
      {name}
    </button>
  </>
);
