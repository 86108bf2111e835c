import { setTimeout } from "node:timers/promises";

/** Resolves once something answers at the address; rejects after ten seconds. */
export const answers = async (url: string): Promise<void> => {
  const until = Date.now() + 10_000;
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch (cause) {
      if (Date.now() > until) throw new Error(`bench: nothing answers at ${url}`, { cause });
    }
    await setTimeout(50);
  }
};
