/**
 * Makes a gateway give back what it holds no longer, over the inspector of Node: memory that only waits to be collected
 * says nothing about what stays.
 */
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import type { Gateway } from "./gateway.ts";

/** For `under` of a gateway's options: a free port of loopback. */
export const inspected: readonly string[] = ["env", "NODE_OPTIONS=--inspect=127.0.0.1:0"];

export interface HeapProbe {
  /** resident memory once all threads have collected, bytes */
  residentBytes(): Promise<number>;
  close(): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly message?: string };
}

export const openHeapProbe = async (gateway: Gateway): Promise<HeapProbe> => {
  const address = /Debugger listening on (ws:\S+)/.exec(gateway.output())?.[1];
  if (address === undefined) throw new Error("the gateway was not started with `inspected`");
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const waiting = new Map<number, () => void>();
  const threads: string[] = [];
  let last = 0;

  socket.on("message", (data) => {
    const { id, method, params } = JSON.parse(String(data)) as Message;
    if (id !== undefined) waiting.get(id)?.();
    if (method === "NodeWorker.attachedToWorker" && params?.sessionId) threads.push(params.sessionId);
    if (method !== "NodeWorker.receivedMessageFromWorker") return;
    const answer = JSON.parse(params?.message ?? "{}") as Message;
    if (answer.id !== undefined) waiting.get(answer.id)?.();
  });

  const answered = (send: (id: number) => void): Promise<void> =>
    new Promise((resolve) => {
      const id = ++last;
      waiting.set(id, () => {
        waiting.delete(id);
        resolve();
      });
      send(id);
    });
  const ask = (method: string, params: object = {}) =>
    answered((id) => socket.send(JSON.stringify({ id, method, params })));
  const askThread = (sessionId: string, method: string) =>
    answered((id) => {
      const params = { sessionId, message: JSON.stringify({ id, method }) };
      socket.send(JSON.stringify({ id: ++last, method: "NodeWorker.sendMessageToWorker", params }));
    });

  await ask("NodeWorker.enable", { waitForDebuggerOnStart: false });
  return {
    async residentBytes() {
      await ask("HeapProfiler.collectGarbage");
      for (const thread of threads) await askThread(thread, "HeapProfiler.collectGarbage");
      const status = readFileSync(`/proc/${gateway.pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
    },
    close: () => socket.close(),
  };
};
