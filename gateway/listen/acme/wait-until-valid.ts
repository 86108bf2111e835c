import { setTimeout as pause } from "node:timers/promises";

const tries = 25;
const firstMs = 250;
const longestMs = 5_000;

/** What an authority works on: an order, or an authorization. */
export interface Item {
  readonly status: string;
  /** why it is invalid */
  readonly error?: unknown;
}

/**
 * Asks until the item is valid, two minutes at most; a question that failed is asked again. In place of the library's own
 * waiting, which cannot be told to stop: `signal` ends it at once.
 */
export const waitUntilValid = async <T extends Item>(
  read: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> => {
  for (let tried = 1, waitMs = firstMs; ; tried++, waitMs = Math.min(2 * waitMs, longestMs)) {
    const item = await read().catch((error: unknown) => {
      if (tried === tries) throw error;
      return null;
    });
    if (item?.status === "valid") return item;
    if (item?.status === "invalid") throw new Error(detailOf(item));
    if (item && tried === tries) throw new Error(`the authority still says ${item.status}`);
    await pause(waitMs, undefined, { signal });
  }
};

const detailOf = ({ status, error }: Item): string => {
  const { detail } = (error ?? {}) as { detail?: unknown }; // whatever it is, only a text is used
  return typeof detail === "string" ? detail : `the authority says ${status}`;
};
