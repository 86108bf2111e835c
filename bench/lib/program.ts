/** Runs commands of the program beside the gateway that is measured. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../../test/gateway.ts";

/** What the command printed; rejects where it fails. */
export const turnpike = (...args: readonly string[]): Promise<string> => run(args, "pipe");

/** Runs it and throws away what it prints. */
export const turnpikeUnread = async (...args: readonly string[]): Promise<void> => {
  await run(args, "ignore");
};

const run = (args: readonly string[], stdout: "pipe" | "ignore"): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "gateway", "main.ts"), ...args], {
      stdio: ["ignore", stdout, "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`bench: turnpike ${args[0]} ended with ${code}`)),
    );
  });
