const paths = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  devices: "M3 5h12v9H3zM1 18h16M17 9h5v9h-5z",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  people: "M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M3 19c0-4 3-5 6-5s6 1 6 5M16 5a3 3 0 0 1 0 6M18 14c2 .6 3 2 3 5",
  plus: "M12 5v14M5 12h14",
  reply: "M10 6L4 12l6 6M5 12h9c4 0 6 2 6 7",
  retry: "M5 12a7 7 0 1 1 2 5M5 21v-4h4",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M15.5 15.5L20 20",
  send: "M4 12h14M12 5l7 7-7 7",
  smile: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M9 10v.5M15 10v.5M8.5 14c1 1.5 2.2 2 3.5 2s2.5-.5 3.5-2",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
};

/** Icon is a small picture beside words, or in a button that has a label. */
export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
