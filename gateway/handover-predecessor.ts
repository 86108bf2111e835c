/** The process before this one, where it was started to take that one's place. */
import { closeSync, realpathSync } from "node:fs";
import { appendBatch } from "./append-batch.ts";
import {
  type FromSuccessor,
  folderVariable,
  type InheritedSockets,
  type SocketName,
  socketsVariable,
  type ToSuccessor,
} from "./handover-messages.ts";
import type { DayCounts } from "./limit/day-counts.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

export interface Predecessor {
  /** The socket it serves under this address of the settings, opened by it; undefined where it has none. */
  socketFor(name: SocketName, address: string): number | undefined;
  /** Throws one sentence where it has another data folder: what it is still sent, and who it is, is looked for there. */
  sharesFolder(dir: string): void;
  /** Asks for the data folder; resolves with the keys of TLS session tickets once it is free. */
  folder(): Promise<Uint8Array | null>;
  /** Everything is open: it may go. What it is sent until then goes into the store. */
  serving(store: Pick<SqliteStore, "appendLines" | "reject">, days: Pick<DayCounts, "add">): void;
  failed(sentence: string): void;
  /** Resolves when it has nothing to send any more: it relies on this process until then. */
  readonly gone: Promise<void>;
  /** Ends the conversation, so that this process can end. */
  leave(): void;
}

/** Null in a process that was started by other means. */
export const findPredecessor = (own: NodeJS.Process = process): Predecessor | null => {
  const text = own.env[socketsVariable];
  const handed = own.env[folderVariable];
  delete own.env[socketsVariable]; // its own children have nothing to do with it
  delete own.env[folderVariable];
  if (text === undefined || !own.connected) return null;
  const sockets = JSON.parse(text) as InheritedSockets; // written by our own program
  const unused = new Map(Object.values(sockets).map(({ descriptor }) => [descriptor, closeSync]));
  let store: Pick<SqliteStore, "appendLines" | "reject"> | null = null;
  let days: Pick<DayCounts, "add"> | null = null;
  let given: (tickets: Uint8Array | null) => void = () => {};

  const say = (message: FromSuccessor): void => {
    if (own.connected) own.send?.(message, undefined, {}, () => {}); // one that is gone is told nothing
  };
  own.on("message", (message: ToSuccessor) => {
    if (message.kind === "yours") given(message.tickets);
    if (message.kind === "counted") days?.add(message.share);
    if (message.kind !== "append" || !store) return;
    void appendBatch(store, message.batch).then((outcome) => say({ kind: "outcome", outcome }));
  });
  const gone = new Promise<void>((resolve) => own.once("disconnect", resolve));
  void gone.then(() => given(null)); // where it has died, the folder is free

  return {
    socketFor(name, address) {
      const socket = sockets[name];
      if (socket?.address !== address) return undefined;
      unused.delete(socket.descriptor);
      return socket.descriptor;
    },
    sharesFolder(dir) {
      if (handed === undefined || placeOf(dir) === placeOf(handed)) return;
      throw new Error(
        `data.dir is ${dir} now, and a restart goes on with the data folder that is there, ${handed}: stop the gateway and start it again, or name that folder`,
      );
    },
    folder: () =>
      new Promise((resolve) => {
        given = resolve;
        if (own.connected) say({ kind: "prepared" });
        else resolve(null);
      }),
    serving(opened, counting) {
      store = opened;
      days = counting;
      // A socket that nobody accepts from would let visitors wait.
      for (const [descriptor, close] of unused) close(descriptor);
      unused.clear();
      say({ kind: "serving" });
    },
    gone,
    failed: (sentence) => say({ kind: "failed", sentence }),
    leave() {
      if (own.connected) own.disconnect();
    },
  };
};

/** Where a folder really is, by whatever links. */
const placeOf = (dir: string): string => {
  try {
    return realpathSync(dir);
  } catch {
    return dir; // there is none yet
  }
};
