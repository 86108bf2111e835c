/** What the lean visitors ask, and how an answer to it must look. */
import { newId } from "../gateway/model/ids.ts";
import { personAgent } from "./gateway.ts";
import type { LeanAnswer } from "./lean-answer.ts";

export interface Question {
  /** the whole request */
  readonly bytes: string;
  /** of the event that an answer acknowledges; null where it is none */
  readonly eid: string | null;
  /** when it should have been sent, ms */
  readonly due: number;
  /** What is wrong with an answer; null where nothing is. */
  judge(answer: LeanAnswer): string | null;
}

/** The next question at `host`, by its number: of five, three pages, an event in an address and one in a body. */
export const makeQuestion = (host: string, no: number, due: number): Question => {
  const kind = no % 5;
  if (kind < 3) return { bytes: headOf("GET /page", host, ""), eid: null, due, judge: judgePage };
  const eid = newId();
  const judge = (answer: LeanAnswer): string | null => judgeEvent(answer, eid);
  if (kind === 3) return { bytes: headOf(`GET /tr/v1/?ename=kept&eid=${eid}`, host, ""), eid, due, judge };
  const body = `{"ename":"kept","eid":"${eid}"}`;
  const more = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return { bytes: `${headOf("POST /tr/v1/", host, more)}${body}`, eid, due, judge };
};

const headOf = (line: string, host: string, more: string): string =>
  `${line} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${personAgent}\r\nAccept: */*\r\n${more}\r\n`;

const judgePage = ({ status, body }: LeanAnswer): string | null =>
  status === 200 && body === "a page" ? null : `a page: ${status} ${body.slice(0, 60)}`;

const judgeEvent = ({ status, head, body }: LeanAnswer, eid: string): string | null =>
  status === 200 && head.includes(`\r\nturnpike-event: ${eid}\r\n`) && body === ""
    ? null
    : `an event: ${status} ${body.slice(0, 60)}`;
