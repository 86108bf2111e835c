/**
 * Bytes for many connections are written one right after the other, at the end of the turn in which all that had come
 * was read. A write wakes whoever waits for it, and to wake him costs more than to write: the second finds him awake.
 */
export interface HoldsBack {
  /** Writes what was held back. */
  sendHeld(): void;
}

const holding: HoldsBack[] = [];

/** Has it send at the end of this turn of the event loop; to be called once before each sending. */
export const sendAtEndOfTurn = (one: HoldsBack): void => {
  if (holding.push(one) === 1) setImmediate(sendAll);
};

const sendAll = (): void => {
  for (const one of holding.splice(0)) one.sendHeld();
};
