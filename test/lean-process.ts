/** The process of the lean visitors: sends what is due by the clock, whatever became of what was sent before. */
import type { LeanOptions, LeanReport, Took } from "./lean-messages.ts";
import { makeQuestion, type Question } from "./lean-questions.ts";
import { createVisitor, type LeanVisitor } from "./lean-visitor.ts";

const lookEveryMs = 4;
const reportEveryMs = 50;

const run = ({ url, perSecond, visitors }: LeanOptions): void => {
  const { host, hostname, port } = new URL(url);
  const begun = performance.now();
  const took: Record<"pages" | "events", number[]> = { pages: [], events: [] };
  const free: LeanVisitor[] = [];
  let sent = 0;
  let running = 0;
  let isOver = false;
  let news = { answered: 0, failures: [] as string[], acknowledged: [] as string[], idleClosed: 0 };

  const report = (last: LeanReport["took"]): void => {
    const { answered, failures, acknowledged, idleClosed } = news;
    news = { answered: 0, failures: [], acknowledged: [], idleClosed: 0 };
    const all: LeanReport = { answered, failures, acknowledged, idleClosed, took: last };
    // What was reported last has arrived before this process leaves.
    process.send?.(all, undefined, {}, () => last && process.exit(0));
  };
  // Each in its turn, so that no connection is idle for long.
  const sendDue = (): void => {
    const due = Math.floor(((performance.now() - begun) * perSecond) / 1000);
    while (!isOver && sent < due) {
      const visitor = free.shift();
      if (!visitor) return;
      running++;
      visitor.ask(makeQuestion(host, sent, begun + (sent * 1000) / perSecond));
      sent++;
    }
  };
  const freed = (visitor: LeanVisitor): void => {
    running--;
    free.push(visitor);
    sendDue();
    if (isOver && running === 0) end();
  };
  const end = (): void => {
    for (const visitor of free) visitor.leave();
    report({ pages: summed(took.pages), events: summed(took.events) });
  };
  const arrive = (): LeanVisitor => {
    const visitor: LeanVisitor = createVisitor(Number(port), hostname, {
      answered(question: Question) {
        news.answered++;
        if (question.eid !== null) news.acknowledged.push(question.eid);
        took[question.eid === null ? "pages" : "events"].push(performance.now() - question.due);
        freed(visitor);
      },
      failed(question, reason) {
        news.failures.push(`${question?.bytes.slice(0, 20) ?? "nothing was asked"}: ${reason}`);
        if (question) freed(visitor);
      },
      idleClosed: () => void news.idleClosed++,
    });
    return visitor;
  };
  for (let i = 0; i < visitors; i++) free.push(arrive());
  const pace = setInterval(sendDue, lookEveryMs);
  const tell = setInterval(() => report(null), reportEveryMs);
  process.once("message", () => {
    isOver = true;
    clearInterval(pace);
    clearInterval(tell);
    if (running === 0) end();
  });
};

const summed = (all: readonly number[]): Took => {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), longest: at(1) };
};

process.once("disconnect", () => process.exit(1)); // nobody waits for a report
process.once("message", (options: LeanOptions) => run(options));
