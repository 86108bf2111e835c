import { monitorEventLoopDelay } from "node:perf_hooks";

/** How a process is, besides what it has counted. */
export interface ProcessFigures {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  /** how late the event loop was, since somebody last asked */
  readonly delayP50Seconds: number;
  readonly delayP99Seconds: number;
  readonly delayMaxSeconds: number;
  readonly openConnections: number;
  readonly openRequests: number;
  readonly openWebsockets: number;
}

export type OpenFigures = Pick<ProcessFigures, "openConnections" | "openRequests" | "openWebsockets">;

/** It is asleep for so long by itself; what is over is the delay. */
const resolutionMs = 20;

/** Watches this process; the watching itself is libuv's, without a line of JavaScript. */
export const watchProcess = (open: () => OpenFigures) => {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  return {
    figures(): ProcessFigures {
      const { user, system } = process.cpuUsage();
      const late = (ns: number): number =>
        Number.isFinite(ns) ? Math.max(0, ns / 1e9 - resolutionMs / 1000) : 0;
      const figures = {
        rssBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / 1e6,
        delayP50Seconds: late(delay.percentile(50)),
        delayP99Seconds: late(delay.percentile(99)),
        delayMaxSeconds: late(delay.max),
        ...open(),
      };
      delay.reset();
      return figures;
    },
    close: () => void delay.disable(),
  };
};
