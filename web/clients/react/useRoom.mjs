// Any of the recipes as a React hook.

import { useEffect, useRef, useState } from "react";

const nothing = { list: [], typing: [], previews: [], error: undefined };

/** useRoom returns the chats of a room, who is typing, what bots are writing, why the room has ended, if it has, and what one can do in it. */
export function useRoom(openRoom, client, name) {
  const [shown, setShown] = useState(nothing);
  const room = useRef();
  useEffect(() => {
    let current = true; // a room that was left may still say something
    const put = (more) => current && setShown((last) => ({ ...nothing, ...(isOf(last) && last), client, name, ...more }));
    const isOf = (last) => last.client === client && last.name === name;
    const ended = (error) => put({ error });
    const others = { typing: (typing) => put({ typing }), previews: (previews) => put({ previews }) };
    const view = { show: (list) => put({ list }), heard() {}, ended, ...others };
    const opened = openRoom(client, name, view);
    opened.opened.catch(ended);
    room.current = opened;
    return () => {
      current = false;
      opened.close();
    };
  }, [openRoom, client, name]);
  // What is shown of another room is not shown under this name, not even until the first page is there.
  const { list, typing, previews, error } = shown.client === client && shown.name === name ? shown : nothing;
  return {
    list,
    typing,
    previews,
    error,
    send: (text) => room.current.send(text),
    react: (chat, emoji, on) => room.current.react(chat, emoji, on),
    setTyping: () => room.current.setTyping(),
  };
}
