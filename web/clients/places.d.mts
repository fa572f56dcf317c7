/** A PlaceEvent is what Places needs of an event. */
export interface PlaceEvent {
  cursor: string | null;
  cursors?: string[] | null;
  room?: { id: string } | null;
}

type After = string[] | null | undefined;

export declare class Places {
  constructor(after: After);
  moved(event: PlaceEvent): After;
}
