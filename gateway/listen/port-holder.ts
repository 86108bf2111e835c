import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/** The process that listens on a TCP port, where Linux's /proc tells and lets us look; null otherwise. */
export const findPortHolder = (port: number, proc = "/proc"): PortHolder | null => {
  const inodes = [`${proc}/net/tcp`, `${proc}/net/tcp6`].flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return null;
  const links = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    const folder = `${proc}/${pid}/fd`;
    if (!list(folder).some((fd) => links.has(link(`${folder}/${fd}`)))) continue;
    return { pid: Number(pid), command: commandOf(`${proc}/${pid}`) };
  }
  return null;
};

// As it was called, because a thread's name says little (Node's is `MainThread`): the program, and its first argument
// where that is a script. No more of it: arguments may be secrets.
const commandOf = (folder: string): string => {
  const [program = "", script = ""] = read(`${folder}/cmdline`).split("\0");
  if (program === "") return read(`${folder}/comm`).trim() || "a program";
  const isScript = /^[^-].*\.(js|mjs|cjs|ts|mts|py|rb|pl|php|jar)$/.test(script);
  return isScript ? `${basename(program)} ${basename(script)}` : basename(program.split(":")[0] ?? program);
};

const listenState = "0A";

// A line: `0: 0100007F:1F90 00000000:0000 0A … inode …` (proc(5)): address:port in hexadecimal, the inode tenth.
const listeningInodes = (table: string, port: number): string[] => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return read(table)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === listenState)
    .map((fields) => fields[9] ?? "");
};

// Other people's processes may not be looked into, and any process may end while we look.
const quietly = <T>(look: () => T, otherwise: T): T => {
  try {
    return look();
  } catch {
    return otherwise;
  }
};

const list = (folder: string): string[] => quietly(() => readdirSync(folder), []);
const link = (path: string): string => quietly(() => readlinkSync(path), "");
const read = (path: string): string => quietly(() => readFileSync(path, "latin1"), "");
