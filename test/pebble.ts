/** Pebble, the certificate authority for tests of Let's Encrypt, on loopback, with the DNS that it asks. */
import { type ChildProcess, spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  authorityExtensions,
  keyPem,
  makeCertificate,
  newKey,
} from "../gateway/listen/tls/make-certificate.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

export interface Pebble {
  /** URL of its directory */
  readonly directory: string;
  /** PEM file of the root of its own server's certificate */
  readonly root: string;
  /** where it looks for the challenges of all hosts */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** a program for tls.dns.command, and the file in which it notes how it was called */
  readonly dnsHook: string;
  readonly dnsCalls: string;
  /** the address that the DNS has for a host; 127.0.0.1 for all others */
  setAddress(host: string, address: string): Promise<void>;
  clearAddress(host: string): Promise<void>;
  /** ends the authority as a failure would; the rest goes on */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const day = 86_400_000;

/** Starts both; `refusedNonces` of 100 requests are refused for their nonce. */
export const startPebble = async ({ refusedNonces = 50 } = {}): Promise<Pebble> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-pebble-"));
  const [listen, httpPort, tlsPort, dnsPort, dnsAdmin] = await Promise.all([0, 0, 0, 0, 0].map(freePort));
  writeServerCertificate(folder);
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${listen}`,
      managementListenAddress: "",
      certificate: join(folder, "server.crt"),
      privateKey: join(folder, "server.key"),
      httpPort,
      tlsPort,
    },
  };
  writeFileSync(join(folder, "pebble.json"), JSON.stringify(config));
  const env = {
    PEBBLE_WFE_NONCEREJECT: String(refusedNonces),
    PEBBLE_VA_NOSLEEP: "1",
    PEBBLE_AUTHZREUSE: "0",
  };
  const dnsAddress = `127.0.0.1:${dnsPort}`;
  const none = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
  const dns = launch("pebble-challtestsrv", [
    "-dns01",
    dnsAddress,
    "-management",
    `127.0.0.1:${dnsAdmin}`,
    ...none,
  ]);
  const pebble = launch(
    "pebble",
    ["-config", join(folder, "pebble.json"), "-dnsserver", dnsAddress, "-strict"],
    env,
  );
  const close = async (): Promise<void> => {
    await Promise.all([end(pebble), end(dns)]);
    rmSync(folder, { recursive: true, force: true });
  };
  const tell = (what: string, body: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${dnsAdmin}/${what}`, { method: "POST", body: JSON.stringify(body) });
  try {
    await waitFor(() => pebble.output().includes("Listening on"), `pebble: ${pebble.output()}`);
    await waitFor(
      () =>
        tell("clear-txt", { host: "none." }).then(
          () => true,
          () => false,
        ),
      "the DNS of pebble",
    );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    directory: `https://127.0.0.1:${listen}/dir`,
    root: join(folder, "root.crt"),
    httpPort: httpPort ?? 0,
    tlsPort: tlsPort ?? 0,
    dnsHook: writeHook(folder, dnsAdmin ?? 0),
    dnsCalls: join(folder, "dns-calls"),
    setAddress: async (host, address) =>
      void (await tell("add-a", { host: `${host}.`, addresses: [address] })),
    clearAddress: async (host) => void (await tell("clear-a", { host: `${host}.` })),
    kill: () => end(pebble),
    close,
  };
};

/** The certificate of the authority's own server, and the root that it is checked by. */
const writeServerCertificate = (folder: string): void => {
  const root = newKey();
  const key = newKey();
  const issuer = { name: "Root of the test", key: root };
  const times = { notBefore: Date.now() - day, notAfter: Date.now() + day };
  const rootCert = makeCertificate(
    {
      ...times,
      name: issuer.name,
      hosts: [],
      publicKey: createPublicKey(root),
      extensions: authorityExtensions(root),
    },
    issuer,
  );
  const cert = makeCertificate(
    { ...times, name: "pebble", hosts: ["127.0.0.1"], publicKey: createPublicKey(key) },
    issuer,
  );
  writeFileSync(join(folder, "root.crt"), rootCert);
  writeFileSync(join(folder, "server.crt"), cert);
  writeFileSync(join(folder, "server.key"), keyPem(key));
};

/** What an operator writes for his DNS provider, for the DNS of the test. */
const writeHook = (folder: string, adminPort: number): string => {
  const file = join(folder, "dns-hook");
  writeFileSync(
    file,
    `#!${process.execPath}
const [what, name, value] = process.argv.slice(2);
require("node:fs").appendFileSync(${JSON.stringify(join(folder, "dns-calls"))}, what + " " + name + "\\n");
const path = what === "present" ? "set-txt" : "clear-txt";
fetch("http://127.0.0.1:${adminPort}/" + path, { method: "POST", body: JSON.stringify({ host: name + ".", value }) })
  .then((res) => process.exit(res.ok ? 0 : 1));
`,
  );
  chmodSync(file, 0o755);
  return file;
};

interface Program {
  readonly child: ChildProcess;
  output(): string;
}

const launch = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const read = (chunk: Buffer) => {
    output = (output + chunk).slice(-100_000);
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  child.on("error", (error) => {
    output += `${command} cannot be started (${error.message}): run setup/test-tools.sh pebble`;
  });
  return { child, output: () => output };
};

const end = async ({ child }: Program): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
};
