/**
 * What testssl.sh has to say about the default settings of TLS: `node test/tls-scan.ts` prints the findings above LOW, and
 * fails when there are some. Takes three to six minutes, and so is no part of the tests. The site has one page, too small to
 * be worth compressing: whether pages may be compressed (BREACH) hangs on what is in them, and not on TLS.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withGateway } from "./with-gateway.ts";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Findings that are not about our settings of TLS, and what they are about; printed, but no failure. */
const setAside: Readonly<Record<string, string>> = {
  cert_revocation: "the local authority, whose certificates nobody can ask about",
  cert_caStatus: "the local authority",
  certificate_transparency: "the local authority, which no public log knows",
  engine_problem: "the OpenSSL of the machine that scans",
  sessionresumption_ticket: "a ticket of TLS 1.3, which comes after testssl has hung up",
};

const fine = new Set(["OK", "INFO", "LOW", "DEBUG"]);

const scan = async (url: string, authority: string, output: string): Promise<readonly Finding[]> => {
  const args = ["--quiet", "--warnings", "off", "--color", "0", "--ip", "127.0.0.1", "--nodns", "none"];
  args.push("--add-ca", authority, "--jsonfile", output, url);
  const program = "testssl";
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  await new Promise((resolve, reject) => child.on("exit", resolve).on("error", reject));
  return JSON.parse(readFileSync(output, "utf8")) as Finding[]; // the program's own format
};

const folder = mkdtempSync(join(tmpdir(), "turnpike-scan-"));
try {
  const site = mkdtempSync(join(folder, "site-"));
  writeFileSync(join(site, "index.html"), "<!doctype html><title>small</title><p>home</p>");
  const config = { tls: "local", routes: [{ path: "/", static: { dir: site }, inject: true }] };
  await withGateway({ config }, async (gateway) => {
    const authority = join(gateway.data, "certs/local/ca.crt");
    const url = `localhost:${new URL(gateway.secureUrl).port}`;
    await fetch(gateway.url); // the authority is made when it is first needed
    const findings = await scan(url, authority, join(folder, "findings.json"));
    const above = findings.filter(({ severity }) => !fine.has(severity));
    const bad = above.filter(({ id }) => setAside[id] === undefined);
    console.log(`\n${findings.length} findings, ${bad.length} about TLS above LOW`);
    for (const { id, severity, finding } of above) {
      const about = setAside[id];
      console.log(`${severity} ${id}: ${finding}${about ? ` (set aside, it is about ${about})` : ""}`);
    }
    process.exitCode = bad.length > 0 ? 1 : 0;
  });
} finally {
  rmSync(folder, { recursive: true });
}
