import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { answers } from "./answers.ts";

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Waits until a program answers at `url`; its folder goes when it is stopped. Rejects when it does not start. */
export const startProgram = async (
  name: string,
  child: ChildProcess,
  url: string,
  folder: string,
): Promise<Server> => {
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      answers(url),
      exited.then(() => Promise.reject(new Error(`bench: ${name} did not start`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
};
