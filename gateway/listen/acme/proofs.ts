/** The three ways to prove that a host is ours. */
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { Proof } from "./prove.ts";
import type { CertificateStore } from "./store.ts";

export interface DnsHook {
  readonly command: readonly string[];
  readonly waitSeconds: number;
}

/** A file at a well-known path; any gateway that shares the store answers with it. */
export const httpProof = (store: CertificateStore): Proof => ({
  type: "http-01",
  show: async (_host, token, keyAuthorization) => {
    store.keepChallenge("http-01", token, keyAuthorization);
    return async () => store.dropChallenge("http-01", token);
  },
});

/** A certificate that is shown to who asks for the protocol of challenges; made by whichever gateway is asked. */
export const alpnProof = (store: CertificateStore): Proof => ({
  type: "tls-alpn-01",
  show: async (host, _token, keyAuthorization) => {
    store.keepChallenge("tls-alpn-01", host, keyAuthorization);
    return async () => store.dropChallenge("tls-alpn-01", host);
  },
});

/** A record that the operator's command puts into the DNS; `warn` is told of one that could not be taken out again. */
export const dnsProof = (hook: DnsHook, warn: (sentence: string) => void): Proof => ({
  type: "dns-01",
  show: async (host, _token, value, signal) => {
    const name = `_acme-challenge.${host}`;
    const takeAway = () =>
      run(hook.command, ["cleanup", name, value]).catch((error: unknown) =>
        warn(`acme: the record ${name} is left behind: ${error instanceof Error ? error.message : error}`),
      );
    await run(hook.command, ["present", name, value]);
    try {
      if (hook.waitSeconds > 0) await pause(hook.waitSeconds * 1000, undefined, { signal });
    } catch (error) {
      await takeAway();
      throw error;
    }
    return takeAway;
  },
});

const longestMs = 120_000;
const outputBytes = 64 * 1024;

/** Runs a program without a shell, so that nothing in a name can become a command. */
const run = ([program = "", ...args]: readonly string[], more: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { timeout: longestMs, maxBuffer: outputBytes };
    execFile(program, [...args, ...more], options, (error, _out, err) => {
      if (!error) return resolve();
      const last = err.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
      const why = error.killed
        ? `took longer than ${longestMs / 1000} s`
        : `failed (${error.code ?? error.signal})`;
      reject(
        new Error(
          `tls.dns.command ${more[0]} ${why}${last === "" ? "" : `, saying: ${last}`}; run it by hand: ${[program, ...args, ...more].join(" ")}`,
        ),
      );
    });
  });
