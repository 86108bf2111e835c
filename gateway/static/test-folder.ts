/** What the tests of this room share: a folder of their own, and a client that sends exact bytes. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Exchange, Handler } from "../http/exchange.ts";
import { ask, serve } from "../http/test-server.ts";

export interface TestFolder {
  readonly dir: string;
  write(name: string, content: string | Buffer, modifiedSeconds?: number): void;
}

/** Sat, 15 Jun 2024 12:00:00 GMT */
export const modifiedSeconds = 1_718_452_800;
export const modified = "Sat, 15 Jun 2024 12:00:00 GMT";

/** A folder of these files, all of one time; removed after the tests of the file. */
export const makeFolder = (contents: Readonly<Record<string, string | Buffer>>): TestFolder => {
  const dir = mkdtempSync(join(tmpdir(), "static-"));
  after(() => rmSync(dir, { recursive: true }));
  const write: TestFolder["write"] = (name, content, seconds) => {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (seconds !== undefined) utimesSync(path, seconds, seconds);
  };
  for (const [name, content] of Object.entries(contents)) write(name, content, modifiedSeconds);
  return { dir, write };
};

/** Asks a server of its own that answers with the handler, and may prepare the exchange first. */
export const askHandler = async (
  handle: Handler,
  head: string,
  prepare: (x: Exchange) => void = () => {},
) => {
  const server = await serve((x) => {
    prepare(x);
    return handle(x);
  });
  try {
    return await ask(server.port, head);
  } finally {
    await server.close();
  }
};

/** Resolves once this process holds no file of the folder open; rejects where that does not come. */
export const noneOpen = async (dir: string): Promise<void> => {
  for (let turn = 0; turn < 2000; turn++) {
    if (!openFiles().some((path) => path.startsWith(dir))) return;
    await setImmediate();
  }
  throw new Error(`still open: ${openFiles().join(" ")}`);
};

const openFiles = (): readonly string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });

/** The body's bytes: `ask` gives each as a character. */
export const bytesOf = ({ body }: { readonly body: string }): Buffer => Buffer.from(body, "latin1");
