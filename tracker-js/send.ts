import type { Store } from "./core-api.ts";
import { safe } from "./lib/safe.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { batchOf, maxKept, maxWaiting } from "./queue.ts";

/** Sends a body, and resolves to what was answered; rejects where nobody did. */
export type Post = (body: string) => Promise<{ readonly status: number; readonly headers: Headers }>;

export type Sender = readonly [
  /** Takes an event whose first member is its id, and keeps it until it is acknowledged. */
  add: (event: object) => void,
  /** Sends what waits, in order; resolves when it was taken, or when it has to wait for another try. */
  flush: () => Promise<void>,
  /**
   * The page may not come back: what waits is sent now, as much as may travel without it. What this page does not see
   * acknowledged goes once more with the next one, under the same ids.
   */
  leave: () => void,
];

/** Sends events until they are taken, and with them what other pages left behind; how many were lost, a batch says. */
export const createSender = (post: Post, store: Store): Sender => {
  // One for all: each flush of the page that fails would begin a row of tries of its own.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Set<string>();
  // 0: nothing is under way, 1: something is, more: it had to be tried again
  let dropped = 0;
  let tries = 0;
  // Counted up, because joining all that waits for each event would hold a busy page up; until all of it is taken.
  let characters = 0;

  const flush = async (kept = 0): Promise<void> => {
    // What other pages keep, too: the next one may have begun before the last one had ended.
    store([])
      ?.sort()
      .reverse()
      .map((text) =>
        // An id begins with its time, so the newest come first. Six days: the gateway takes a day more.
        // biome-ignore lint/suspicious/noAssignInExpressions: shorter
        text.slice(8) > uuid7(518_400_000) && (kept += text.length) < maxKept
          ? waiting.add(text)
          : store([text], !++dropped),
      );
    while (waiting.size) {
      const batch = batchOf([...waiting]);
      const answer = (await post(`{"events":[${batch}],"sent":${Date.now()},"dropped":${dropped}}`).catch(
        () => 0,
      )) as Partial<Awaited<ReturnType<Post>>>;
      // Taken, or refused for good; an overloaded or a failing server, or an unreachable one, is worth another try.
      if (/^5|429|u/.test(answer.status as unknown as string)) {
        // And 1 s, 2 s, 4 s … 5 min, spread so that a crowd of pages does not come back at once.
        clearTimeout(timer);
        // biome-ignore lint/suspicious/noAssignInExpressions: shorter
        return (timer = setTimeout(
          flush,
          // Multiplying makes a number of the text, shifting makes it one that a timer takes: 24 days at most, and 0 of
          // what is missing, or a date.
          ((2000 * (answer.headers?.get("Retry-After") as unknown as number)) >>> 1) +
            Math.min(2 ** tries++ * 500, 300_000) * (0.5 + Math.random()),
        )) as unknown as undefined;
      }
      batch.map(waiting.delete, waiting);
      store(batch);
      dropped = 0;
    }
    tries = characters = 0;
  };

  return [
    safe((event) => {
      const text = JSON.stringify(event);
      // Longer than the room that is left: it has a character there.
      if (text[maxWaiting - characters]) dropped++;
      else {
        store([text], true);
        characters += text.length;
        waiting.add(text);
        // While a failed try backs off, new events wait with the old ones.
        if (!tries) {
          tries = 1;
          setTimeout(flush);
        }
      }
    }),
    flush,
    // Once, and not what was just refused.
    // biome-ignore lint: shorter
    () => tries < 2 && ((tries = 2), flush()),
  ];
};
