import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "../../test/free-port.ts";
import { answers } from "./answers.ts";
import type { Server } from "./start-program.ts";

/** One of the Node proxies in a process of its own, as the gateway is. */
export const startPeer = async (
  name: "http-proxy" | "http-proxy-3",
  upstream: string,
): Promise<Server & { readonly pid: number }> => {
  const port = await freePort();
  const file = fileURLToPath(new URL(`../peers/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--no-deprecation", file, String(port), upstream], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const stop = () => {
    child.kill("SIGTERM");
    return exited;
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
  return { url, stop, pid: child.pid ?? 0 };
};
