/**
 * The system bounds how many files and connections a process has open at once. At that bound it takes no connection, and
 * the ones that come are closed with nothing said to anybody; neither can a file be read or an upstream be asked. So half
 * of it is kept, because each connection may need another one, to an upstream or a file, and new ones are turned away.
 */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { countOf } from "../lib/count-of.ts";

/** Is there room for what a connection needs: enough, enough to tell it that there is none, or nothing. */
export type FileRoom = "enough" | "little" | "none";

export interface OpenFiles {
  roomFor(socket: Socket): FileRoom;
  close(): void;
}

/** The bound of this process; null where the system does not say it. */
export const mostOpenFiles = (file = "/proc/self/limits"): number | null => {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync(file, "utf8")) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null; // no Linux
  }
};

const minuteMs = 60_000;

/** `warn` is told at once, then once a minute for as long as connections are turned away. */
export const watchOpenFiles = (most: number | null, warn: (sentence: string) => void): OpenFiles => {
  if (most === null) return { roomFor: () => "enough", close() {} };
  const kept = Math.floor(most / 2);
  let timer: NodeJS.Timeout | null = null;
  let turnedAway = 0;

  const tell = (): void => {
    timer = null;
    if (turnedAway === 0) return;
    warn(
      `limits: ${countOf(turnedAway, "connection")} turned away, because this process may have ${most} files and connections open at once: raise that bound (LimitNOFILE of systemd, --ulimit nofile of a container, ulimit -n of a shell), or set limits.connections lower`,
    );
    turnedAway = 0;
    timer = setTimeout(tell, minuteMs).unref();
  };

  return {
    roomFor(socket) {
      const number = numberOf(socket);
      if (number < most - kept) return "enough";
      turnedAway++;
      if (!timer) tell();
      return number < most - kept / 8 ? "little" : "none";
    },
    close() {
      if (timer) clearTimeout(timer);
    },
  };
};

// The system gives the lowest number that is free, so that a high one says how many are taken. Node names it only here.
const numberOf = (socket: Socket): number =>
  (socket as Socket & { readonly _handle?: { readonly fd?: number } | null })._handle?.fd ?? -1;
