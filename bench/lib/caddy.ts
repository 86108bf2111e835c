import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/free-port.ts";
import { type Server, startProgram } from "./start-program.ts";
import { findTool } from "./tools.ts";

/** Caddy with the directives in its one site, on so many cores; null where it is not installed. */
export const startCaddy = async (directives: string, cores: number): Promise<Server | null> => {
  const program = findTool("caddy");
  if (program === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-caddy-"));
  const port = await freePort();
  const file = join(folder, "Caddyfile");
  writeFileSync(
    file,
    `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  ${directives}\n}\n`,
  );
  const child = spawn(program, ["run", "--config", file, "--adapter", "caddyfile"], {
    stdio: "ignore",
    env: {
      ...process.env,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
      GOMAXPROCS: String(cores),
    },
  });
  return startProgram("caddy", child, `http://127.0.0.1:${port}`, folder);
};
