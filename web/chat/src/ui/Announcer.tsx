import { createContext, use, useCallback, useState, type ReactNode } from "react";

const AnnounceContext = createContext<(text: string) => void>(() => {});

/** useAnnounce says something to people who listen to the page, and shows nothing. */
export const useAnnounce = () => use(AnnounceContext);

/** Announcer holds the region that screen readers listen to. */
export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState({ text: "", times: 0 });
  const say = useCallback((text: string) => setSaid(({ times }) => ({ text, times: times + 1 })), []);
  return (
    <AnnounceContext value={say}>
      {children}
      <div className="visually-hidden" role="log" aria-live="polite" aria-label="New chats">
        {/* Another element each time: the same words said twice are news too. */}
        <p key={said.times}>{said.text}</p>
      </div>
    </AnnounceContext>
  );
}
