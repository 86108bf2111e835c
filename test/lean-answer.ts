/** Reads answers of HTTP/1.1 with next to no work: for clients that send a thousand requests a second beside what they measure. */

export interface LeanAnswer {
  readonly status: number;
  /** as it was sent, without the empty line */
  readonly head: string;
  readonly body: string;
  /** the connection ends with it (RFC 9112 §9.6) */
  readonly isLast: boolean;
}

/** The answers of one connection, one after the other. */
export interface AnswerReader {
  /** The answer that these bytes complete; null while some of it is missing. Throws where they are none. */
  read(bytes: string): LeanAnswer | null;
  /** bytes of an answer have come, and not all of them */
  hasPart(): boolean;
}

/** Takes what a connection gives as latin1. A body has a length, as all have that these clients ask for. */
export const readAnswers = (): AnswerReader => {
  let held = "";
  return {
    hasPart: () => held !== "",
    read(bytes) {
      held += bytes;
      const end = held.indexOf("\r\n\r\n");
      if (end < 0) return null;
      const head = held.slice(0, end);
      const [, status] = /^HTTP\/1\.1 ([2-5]\d\d) /.exec(head) ?? [];
      const [, length] = /^content-length: (\d+)$/im.exec(head) ?? [];
      if (status === undefined) throw new Error(`no answer: ${head.slice(0, 60)}`);
      if (length === undefined) throw new Error(`an answer of unknown length: ${head.slice(0, 60)}`);
      const whole = end + 4 + Number(length);
      if (held.length < whole) return null;
      if (held.length > whole) throw new Error(`bytes behind an answer: ${held.slice(whole, whole + 60)}`);
      const body = held.slice(end + 4);
      held = "";
      return { status: Number(status), head, body, isLast: /^connection: close$/im.test(head) };
    },
  };
};
