/** Talks to the gateway that owns a data folder, through its admin listener on this machine. */
import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:http";
import { request as requestSecurely } from "node:https";
import { join } from "node:path";
import { codeOf } from "../lib/error-code.ts";
import { request } from "../lib/node-http.ts";
import type { Owner } from "../store/owner.ts";
import { CommandError } from "./context.ts";

export interface OwnerAnswer {
  readonly status: number;
  /** the JSON of the answer, null where there is none */
  readonly body: unknown;
}

/** `patienceMs` is for what takes longer than usual. */
export type OwnerCall = (
  method: string,
  path: string,
  body?: object,
  patienceMs?: number,
) => Promise<OwnerAnswer>;

const timeoutMs = 60_000;

/**
 * A function that calls the owner with the token in the data folder, or the one in TURNPIKE_ADMIN_TOKEN.
 * What keeps a call from an answer is one sentence, a refusal of the token too; other answers are the caller's.
 */
export const ownerCall = (
  dir: string,
  owner: Owner,
  env: Readonly<Record<string, string | undefined>>,
): OwnerCall => {
  if (owner.admin === "") throw new CommandError(`${busyFolder(dir, owner)}: try again in a moment`);
  const who = `the gateway that owns ${dir} (pid ${owner.pid})`;
  const token = env["TURNPIKE_ADMIN_TOKEN"] ?? readToken(dir, who);
  return async (method, path, body, patienceMs = timeoutMs) => {
    const answer = await send(reachable(owner.admin), method, path, token, body, patienceMs).catch(
      (cause: unknown) => {
        throw new CommandError(`${who} does not answer at ${owner.admin} (${codeOf(cause)})`, "failed", {
          cause,
        });
      },
    );
    if (answer.status !== 401 && answer.status !== 403) return answer;
    throw new CommandError(
      `${who} refuses the token: set TURNPIKE_ADMIN_TOKEN to one with the role admin, or stop the gateway first`,
    );
  };
};

/** Its process cannot be asked: nobody knows more of it than its number, if that. */
export const busyFolder = (dir: string, { pid }: Owner): string =>
  `${dir} is in use by ${pid ? `pid ${pid}` : "another process"}, a command or a gateway that is just starting or stopping`;

const readToken = (dir: string, who: string): string => {
  const file = join(dir, "admin-token");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new CommandError(
      `${who} must do this, and its token ${file} cannot be read (${codeOf(cause)}): run this as the gateway's user, set TURNPIKE_ADMIN_TOKEN, or stop the gateway first`,
      "failed",
      { cause },
    );
  }
};

interface Reachable {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** An address one can connect to: a listener on all addresses is reached on loopback. */
const reachable = (admin: string): Reachable => {
  const secure = admin.startsWith("https://");
  const address = admin.replace("https://", "");
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const everywhere = host === "" || host === "0.0.0.0" || host === "::";
  return { host: everywhere ? "127.0.0.1" : host, port: Number(address.slice(colon + 1)), secure };
};

const send = (
  { secure, ...address }: Reachable,
  method: string,
  path: string,
  token: string,
  body: object | undefined,
  patienceMs: number,
): Promise<OwnerAnswer> =>
  new Promise((resolve, reject) => {
    const text = body ? JSON.stringify(body) : "";
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    };
    const make = secure ? requestSecurely : request;
    // The address is this machine's own, as the owner of the folder wrote it there: its certificate adds nothing.
    const options = { ...address, method, path, headers, agent: false, timeout: patienceMs };
    const req = make({ ...options, rejectUnauthorized: false } as RequestOptions, (res) => {
      let answer = "";
      res.setEncoding("utf8");
      res.on("data", (part: string) => {
        answer += part;
      });
      res.on("end", () => resolve({ status: res.statusCode ?? 0, body: parse(answer) }));
      res.on("error", reject);
    });
    req.on("timeout", () => req.destroy(new Error(`no answer in ${patienceMs / 1000} s`)));
    req.on("error", reject);
    req.end(text);
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? null : text; // an error in words
  }
};
