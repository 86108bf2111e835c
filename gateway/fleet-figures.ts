/** What all workers together tell the metrics. */
import type { Worker } from "node:cluster";
import { createTally } from "./metrics/tally.ts";
import { addFigures, type SideFigures } from "./side-figures.ts";

export interface FleetFigures {
  /** Asks every worker, and waits a moment for the slowest; one that does not answer has the figures of before. */
  ask(workers: readonly Worker[]): Promise<SideFigures>;
  /** A worker's answer. */
  hear(worker: Worker, figures: SideFigures): void;
  /** The owner itself has refused something, by the name of the limit. */
  refused(limit: string): void;
  /** The worker has ended; what it has counted stays counted. */
  retire(worker: Worker): void;
}

const answerMs = 1000;
const nothing = { processes: {}, upstreams: [], certificates: [], accessLogDropped: 0 };

export const createFleetFigures = (post: (worker: Worker) => void): FleetFigures => {
  const latest = new Map<Worker, SideFigures>();
  const waiting = new Set<{ readonly workers: Set<Worker>; readonly done: () => void }>();
  let past: SideFigures = addFigures([]);
  const own = createTally();

  const answered = (worker: Worker): void => {
    for (const one of waiting) {
      one.workers.delete(worker);
      if (one.workers.size === 0) one.done();
    }
  };

  return {
    async ask(workers) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => one.done(), answerMs);
        const one = {
          workers: new Set(workers),
          done(): void {
            clearTimeout(timer);
            waiting.delete(one);
            resolve();
          },
        };
        waiting.add(one);
        for (const worker of workers) post(worker);
        if (workers.length === 0) one.done();
      });
      const all = workers.flatMap((worker) => latest.get(worker) ?? []);
      return addFigures([...all, past, { ...nothing, counts: own.counts() }]);
    },
    refused: own.refused,
    hear(worker, figures) {
      latest.set(worker, figures);
      answered(worker);
    },
    retire(worker) {
      const last = latest.get(worker);
      latest.delete(worker);
      if (last) past = addFigures([past, { ...nothing, counts: last.counts }]);
      answered(worker);
    },
  };
};
