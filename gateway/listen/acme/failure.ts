/** Why a certificate could not be had, in words that say what to do. */
import { codeOf } from "../../lib/error-code.ts";
import type { FailureKind } from "./schedule.ts";

/** What an authority said against a request (RFC 8555 §6.7). */
export class Refusal extends Error {
  /** `rateLimited`, `dns`, `connection`, … */
  readonly problem: string;
  readonly retryAfterMs: number;
  /** said of a challenge: the authority has looked at the host itself */
  readonly ofChallenge: boolean;
  constructor(problem: string, detail: string, retryAfterMs = 0, ofChallenge = false) {
    super(detail);
    this.ofChallenge = ofChallenge;
    this.name = "Refusal";
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Failure {
  readonly kind: FailureKind;
  readonly retryAfterMs: number;
  /** what went wrong and what to do, without a full stop */
  readonly sentence: string;
}

/** What a failed try means. `challenge` is the way the host was to be proven. */
export const explainFailure = (
  error: unknown,
  host: string,
  challenge: string,
  directory: string,
): Failure => {
  if (error instanceof Refusal) {
    return {
      // An authority in trouble counts no try, and will be back in hours rather than a day.
      kind: error.problem === "serverInternal" ? "unreachable" : "refused",
      retryAfterMs: error.retryAfterMs,
      sentence: `${said(error)}: ${adviceFor(error, host, challenge)}`,
    };
  }
  const authority = new URL(directory).host;
  const code = codeOf(error);
  const reason = networkReasons.find(([pattern]) => pattern.test(code));
  if (reason) return { kind: "unreachable", retryAfterMs: 0, sentence: `${authority} ${reason[1]}` };
  const message = error instanceof Error ? error.message : String(error);
  // Of the library's making: a page of maintenance, or the address of something else.
  if (/\bACME directory\b/.test(message))
    return {
      kind: "unreachable",
      retryAfterMs: 0,
      sentence: `${directory} answers with no ACME directory: see that tls.directory is the whole address that the authority names, and whether it is down`,
    };
  return { kind: "refused", retryAfterMs: 0, sentence: message };
};

const said = ({ problem, message }: Refusal): string =>
  `the authority says ${problem}${message === "" ? "" : ` (${message.slice(0, 300)})`}`;

const adviceFor = ({ problem, ofChallenge }: Refusal, host: string, challenge: string): string => {
  const bare = host.replace(/^\*\./, "");
  // Said of the account or the order, it has nothing to do with who reaches the host.
  if (problem === "unauthorized" && !ofChallenge)
    return "see what it says of the account; where it is closed, stop the gateway, remove account.json from its folder in tls.store (data/certs), and start again with a new one";
  switch (problem) {
    case "connection":
    case "unauthorized":
    case "incorrectResponse":
    case "tls":
      return reachAdvice[challenge]?.(bare) ?? "see what it tried, and mend that";
    case "dns":
      return challenge === "dns-01"
        ? `see that tls.dns.command puts the record where the name servers of ${bare} answer with it`
        : `give ${bare} an A or AAAA record that points to this machine`;
    case "caa":
      return `let the CAA record of ${bare} name this authority, or remove it`;
    case "rateLimited":
      return "wait: it is tried again when the authority allows it; use letsencrypt-staging for experiments";
    case "serverInternal":
      return "wait: it is tried again by itself; the authority's status page says more";
    case "userActionRequired":
      return "open the address that it names and agree to its terms; it is tried again by itself";
    case "accountDoesNotExist":
      return "wait: a new account is made at the next try";
    case "rejectedIdentifier":
      return `take ${host} out of the hosts: this authority certifies no such name`;
    case "externalAccountRequired":
      return "set tls.eab to the key id and key that the authority gave you";
    case "invalidProfile":
      return "set tls.profile to one that the authority offers, or leave it out";
    case "invalidContact":
    case "unsupportedContact":
      return "set tls.email to an address that the authority can write to";
    default:
      return "see what it says, and mend that; it is tried again by itself";
  }
};

const reachAdvice: Readonly<Record<string, (host: string) => string>> = {
  "http-01": (host) =>
    `let http://${host}/.well-known/acme-challenge/ reach listen.http of this gateway: port 80 open to the internet, DNS pointing here, nothing else answering`,
  "tls-alpn-01": (host) =>
    `let https://${host}/ reach listen.https of this gateway: port 443 open to the internet, DNS pointing here, no other TLS server in between`,
  "dns-01": (host) =>
    `see that tls.dns.command sets the TXT record _acme-challenge.${host} and that all its name servers have it; tls.dns.waitSeconds gives them time`,
};

// A server whose root is not known is most often an authority of one's own.
const networkReasons: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [
    /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_)/,
    "has a certificate that this machine does not trust: set tls.root to the PEM file of its root, and see that the clock is right",
  ],
  [/^ERR_TLS_CERT_ALTNAME/, "has a certificate for another name: set tls.directory to the name it is for"],
  [
    /^(ECONNABORTED|ETIMEDOUT|ESOCKETTIMEDOUT|ERR_CANCELED)/,
    "does not answer in time: see whether it is down, or a firewall between holds connections out",
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN)/,
    "is not known to the DNS of this machine: see that names are resolved, and that tls.directory is right",
  ],
  [
    /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|ERR_BAD_RESPONSE)/,
    "cannot be reached: see whether it is down, or a firewall between holds connections out",
  ],
];

/** The problem that an authority names (RFC 8555 §6.7), without what is before each; null where it names none. */
export const problemOf = (data: unknown): string | null => {
  if (typeof data !== "object" || data === null || !("type" in data)) return null;
  return String(data.type).replace("urn:ietf:params:acme:error:", "");
};
