/** Sends the bytes of one case to a gateway, and looks at everything that comes back. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { type RawAnswer, readAnswers } from "./answers.ts";
import { type Facts, type HttpCase, req } from "./case.ts";
import type { ScriptUpstream } from "./script-upstream.ts";

export interface Stage {
  readonly port: number;
  readonly upstream: ScriptUpstream;
  readonly facts: Facts;
}

/** Asked last on every connection that stays open: its answer shows that both ends agree on where they are. */
const sentinel = req("GET /sentinel.txt", "Connection: close");
const patienceMs = 20_000;

export const playCase = async (one: HttpCase, { port, upstream, facts }: Stage): Promise<void> => {
  upstream.prepare(one.answer, one.hangsUp === true);
  const bytes = typeof one.send === "string" ? one.send : one.send(facts);
  const text = await converse(port, bytes, one);
  const answers = readAnswers(text, one.heads ?? [], true);
  const own = one.closes ? answers : answers.slice(0, -1);
  assertStatuses(own, one, text);
  if (!one.closes) assert.equal(answers.at(-1)?.body, "sentinel", `the connection goes on: ${text}`);
  assertAnswer(own.at(-1), one, text);
  assertAsked(upstream.asked(), one);
};

/** All that comes until the gateway closes; the sentinel is asked for once the answers are there. */
const converse = (port: number, bytes: string, one: HttpCase): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    let text = "";
    let asked = one.closes === true;
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the gateway is silent after ${JSON.stringify(text)}`));
    }, patienceMs);
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (asked || readAnswers(text, one.heads ?? [], false).length < one.status.length) return;
      asked = true;
      socket.write(sentinel);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });

const assertStatuses = (answers: readonly RawAnswer[], { status }: HttpCase, text: string): void => {
  const given = answers.map((answer) => answer.status);
  const fits =
    given.length === status.length &&
    status.every((expected, i) => [expected].flat().includes(given[i] ?? 0));
  assert.ok(fits, `answered with ${given.join(", ")} and not ${status.join(", ")}: ${text}`);
};

const assertAnswer = (answer: RawAnswer | undefined, one: HttpCase, text: string): void => {
  for (const [name, expected] of Object.entries(one.headers ?? {}))
    assertText(answer?.headers.get(name) ?? null, expected, `${name} in ${text}`);
  for (const [name, expected] of Object.entries(one.trailers ?? {}))
    assertText(answer?.trailers.get(name) ?? null, expected, `trailer ${name} in ${text}`);
  if (one.body !== undefined) assertText(answer?.body ?? null, one.body, `the body in ${text}`);
};

const assertText = (given: string | null, expected: string | RegExp | null, where: string): void => {
  if (expected instanceof RegExp) assert.match(given ?? "(nothing)", expected, where);
  else assert.equal(given, expected, where);
};

const assertAsked = (asked: string, one: HttpCase): void => {
  if (one.asked === null) assert.equal(asked, "", "the upstream was asked");
  for (const part of one.asked ?? []) assert.ok(holds(asked, part), `${part} is missing in ${asked}`);
  for (const part of one.notAsked ?? []) assert.ok(!holds(asked, part), `${part} is in ${asked}`);
};

const holds = (text: string, part: string | RegExp): boolean =>
  typeof part === "string" ? text.includes(part) : part.test(text);
