import type { StartOptions } from "./commands/context.ts";
import type { Config } from "./config/schema.ts";

/**
 * The command to paste when a port is in use: with the options it was started with, and `ports` in place of those that
 * they name. A token that was given is left out: what is printed may be kept.
 */
export const startAgain = (env: NodeJS.ProcessEnv, given: StartOptions, ports: string): string => {
  const command = env["npm_lifecycle_event"] === "start" ? "npm start --" : "turnpike start";
  return `start on another port with: ${[command, ...optionsOf(given, ports), ports].join(" ")}`;
};

const optionsOf = ({ load, dev }: StartOptions, ports: string): readonly string[] => {
  const { file, proxy, staticDir, domains, email, overrides = {} } = load;
  const named = Object.entries({ config: file, proxy, static: staticDir, email, ...overrides })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .filter(([name]) => !ports.includes(`--${name} `))
    .map(([name, value]) => `--${name} ${quote(value)}`);
  const hosts = domains ? [`--domain ${domains.map(quote).join(" ")}`] : [];
  return [...named, ...hosts, ...(dev ? ["--dev"] : [])];
};

/** As a shell takes it for one word. */
const quote = (text: string): string =>
  /^[\w./:@%+=,[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The options that move the other listeners out of the way of another Turnpike's. */
export const otherPorts = ({ listen, tls }: Config): string =>
  `--http ${nextPort(listen.http)}${tls.mode === "off" ? "" : ` --https ${nextPort(listen.https)}`}`;

const nextPort = (address: string): string =>
  address.replace(/\d+$/, (port) => String(Number(port) > 65_525 ? Number(port) - 10 : Number(port) + 10));
