/**
 * A lock among gateways that share a folder, on one machine or over a network file system. The holder says every few
 * seconds that it lives; who sees no sign of it for half a minute, by his own clock, takes the lock over.
 */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { isRunning } from "../../lib/is-running.ts";

export interface FolderLock {
  /** Takes the lock, or answers null while somebody else who lives has it. */
  take(): Held | null;
}

export interface Held {
  /** It is still ours: a process that was stopped for long may have lost it. */
  isOurs(): boolean;
  release(): void;
}

interface Claim {
  readonly holder: string;
  /** where its pid means something */
  readonly machine: string;
  readonly pid: number;
  /** grows while the holder lives */
  readonly beat: number;
}

/** A claim that is yet to be made the lock, beside it; every living holder has one of his own for an instant. */
export const claimBeside = /^lock\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const beatMs = 5_000;
const deadAfterMs = 30_000;

/** `now` is a clock that never jumps, in ms. */
export const createLock = (dir: string, now: () => number = () => performance.now()): FolderLock => {
  const file = join(dir, "lock");
  const isDeadClaim = createObserver(now);
  const isDeadHeir = createObserver(now);
  const isDead = (text: string): boolean => {
    const claim = parse(text);
    return (claim !== null && claim.machine === machine() && !isRunning(claim.pid)) || isDeadClaim(text);
  };
  /**
   * Puts our claim in the place of a dead one's. Its heirs are told apart by a link that is named for the claim they
   * found, so that a slow one cannot throw out the one who was first.
   */
  const inherit = (dead: string, beside: string): boolean => {
    const heir = `${file}.heir-of-${parse(dead)?.holder ?? "nobody"}`;
    if (!placed(() => linkSync(beside, heir))) {
      if (isDeadHeir(read(heir) ?? "")) rmSync(heir, { force: true }); // it died here: the next try may
      return false;
    }
    const isStill = read(file) === dead;
    if (isStill) renameSync(beside, file);
    rmSync(heir, { force: true });
    return isStill;
  };
  return {
    take() {
      const claim = { holder: randomUUID(), machine: machine(), pid: process.pid };
      const beside = `${file}.${claim.holder}`;
      try {
        writeFileSync(beside, JSON.stringify({ ...claim, beat: 0 }), { mode: 0o600 });
        const taken = read(file);
        const isOurs =
          taken === null ? placed(() => linkSync(beside, file)) : isDead(taken) && inherit(taken, beside);
        return isOurs && parse(read(file) ?? "")?.holder === claim.holder ? hold(file, claim) : null;
      } finally {
        rmSync(beside, { force: true }); // also where the disk is full: the next try makes one of its own
      }
    },
  };
};

// A link is made by one alone, on every file system that has links.
const placed = (place: () => void): boolean => {
  try {
    place();
    return true;
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes(codeOf(error))) return false;
    throw error;
  }
};

/** Says of a text whether it has been the same for as long as nobody who lives would leave it. */
const createObserver = (now: () => number) => {
  let seen = { text: "", since: 0 };
  return (text: string): boolean => {
    if (seen.text !== text) seen = { text, since: now() };
    return now() - seen.since >= deadAfterMs;
  };
};

// Names alone are not enough: two containers may have the same one, and each its own process 1.
const machine = (): string => {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${hostname()} ${process.ppid}`; // no Linux: nothing is known of other processes' machines
  }
};

const hold = (file: string, claim: Omit<Claim, "beat">): Held => {
  let beat = 0;
  const isOurs = () => parse(read(file) ?? "")?.holder === claim.holder;
  const beside = `${file}.${claim.holder}`;
  const timer = setInterval(() => {
    try {
      if (!isOurs()) return clearInterval(timer);
      writeFileSync(beside, JSON.stringify({ ...claim, beat: ++beat }), { mode: 0o600 });
      renameSync(beside, file);
    } catch {
      // The disk is full, or the folder away: whoever waits takes the lock over in time, as if we had died.
    }
  }, beatMs);
  timer.unref();
  return {
    isOurs,
    release() {
      clearInterval(timer);
      rmSync(beside, { force: true });
      if (isOurs()) rmSync(file, { force: true });
    },
  };
};

const read = (file: string): string | null => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
};

const parse = (text: string): Claim | null => {
  try {
    const { holder, machine, pid, beat } = JSON.parse(text) as Claim; // ours, or looked at below
    return typeof holder === "string" && typeof pid === "number" ? { holder, machine, pid, beat } : null;
  } catch {
    return null;
  }
};
