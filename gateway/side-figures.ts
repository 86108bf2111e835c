/** What one process, or all that serve visitors together, tell the metrics. */
import type { CertificateFigures, UpstreamFigures } from "./metrics/figures.ts";
import type { ProcessFigures } from "./metrics/process-figures.ts";
import { addCounts, type Counts } from "./metrics/tally.ts";

export interface SideFigures {
  readonly counts: Counts;
  /** by name of the process */
  readonly processes: Readonly<Record<string, ProcessFigures>>;
  readonly upstreams: readonly UpstreamFigures[];
  readonly certificates: readonly CertificateFigures[];
  readonly accessLogDropped: number;
}

/** The figures of several processes as those of one. */
export const addFigures = (all: readonly SideFigures[]): SideFigures => ({
  counts: addCounts(all.map(({ counts }) => counts)),
  processes: Object.assign({}, ...all.map(({ processes }) => processes)) as SideFigures["processes"],
  upstreams: addUpstreams(all.flatMap(({ upstreams }) => upstreams)),
  // Each process looks after the same ones.
  certificates: all[0]?.certificates ?? [],
  accessLogDropped: all.reduce((sum, { accessLogDropped }) => sum + accessLogDropped, 0),
});

/** An upstream is up where any process still sends it requests. */
const addUpstreams = (all: readonly UpstreamFigures[]): readonly UpstreamFigures[] => {
  const sums = new Map<string, UpstreamFigures>();
  for (const one of all) {
    const key = `${one.route} ${one.upstream}`;
    const sum = sums.get(key);
    sums.set(key, sum ? addUpstream(sum, one) : one);
  }
  return [...sums.values()];
};

const addUpstream = (a: UpstreamFigures, b: UpstreamFigures): UpstreamFigures => ({
  ...a,
  isUp: a.isUp || b.isUp,
  answers: a.answers + b.answers,
  failures: a.failures + b.failures,
  seconds: a.seconds + b.seconds,
});
