/**
 * Bytes for many connections are written one right after the other, at the end of the turn in which all that had come
 * was read. A write wakes whoever waits for it, and to wake him costs more than to write: the second finds him awake.
 */
export interface Held {
  /** Writes what was held back. */
  sendHeld(): void;
}

const holding: Held[] = [];

/** Has it send at the end of this turn of the event loop; to be called once before each sending. */
export const sendAtEndOfTurn = (held: Held): void => {
  if (holding.push(held) === 1) setImmediate(sendAll);
};

const sendAll = (): void => {
  for (const held of holding.splice(0)) held.sendHeld();
};
