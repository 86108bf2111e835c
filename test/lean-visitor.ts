/** A visitor with one connection at a time, written by hand: what it costs must not be what is measured. */
import { connect, type Socket } from "node:net";
import { readAnswers } from "./lean-answer.ts";
import type { Question } from "./lean-questions.ts";

export interface Fate {
  /** The question was answered as it must be. */
  readonly answered: (question: Question) => void;
  /** It was not, with the reason; null where nothing was asked and something was answered. */
  readonly failed: (question: Question | null, reason: string) => void;
  /** The server closed a connection on which nothing was asked, as it may at any time (RFC 9112 §9.5). */
  readonly idleClosed: () => void;
}

export interface LeanVisitor {
  /** Sends it; the visitor is busy until its fate is told. */
  ask(question: Question): void;
  leave(): void;
}

/**
 * A connection that closes while something is asked on it is a failure, also before the first byte of an answer, where
 * browsers would ask again (RFC 9112 §9.3.1): these connections are never idle for nearly as long as a server must
 * allow, so that a close and a request cannot have crossed each other. A close that the answer before it announced ends
 * the connection, as does one between an answer and the next question.
 */
export const createVisitor = (port: number, host: string, fate: Fate): LeanVisitor => {
  let current: Socket | null = null;
  let asked: Question | null = null;

  const drop = (): void => {
    current?.destroy();
    current = null;
  };
  const fail = (reason: string): void => {
    const question = asked;
    asked = null;
    drop();
    fate.failed(question, reason);
  };

  const open = (): Socket => {
    const socket = connect({ port, host, noDelay: true });
    const reader = readAnswers();
    let error = "";
    socket.setEncoding("latin1");
    socket.on("data", (bytes: string) => {
      try {
        const answer = reader.read(bytes);
        if (!answer) return;
        const question = asked;
        if (!question) throw new Error(`an answer that nobody asked for: ${answer.head.slice(0, 60)}`);
        const wrong = question.judge(answer);
        if (wrong !== null) throw new Error(wrong);
        asked = null;
        if (answer.isLast) {
          current = null;
          socket.end();
        }
        fate.answered(question);
      } catch (cause) {
        if (current === socket) fail(cause instanceof Error ? cause.message : String(cause));
      }
    });
    socket.on("error", (cause) => {
      error = cause.message;
    });
    // An answer without its end, or a side that the server has closed: nothing more will come.
    const over = (): void => {
      if (current !== socket) return;
      if (reader.hasPart()) fail("the answer was cut off");
      else if (asked) fail(`closed without an answer (${error === "" ? "the server's end" : error})`);
      else {
        drop();
        fate.idleClosed();
      }
    };
    socket.on("end", over).on("close", over);
    return socket;
  };

  return {
    ask(question) {
      asked = question;
      current ??= open();
      current.write(question.bytes, "latin1");
    },
    leave: drop,
  };
};
