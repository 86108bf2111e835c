import { HttpError } from "../http/http-error.ts";

/** What the owner of the data folder does, or 409 with the sentence that says why it could not: who asked is the owner. */
export const orRefuse = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HttpError || !(cause instanceof Error) || isFault(cause)) throw cause;
    throw new HttpError(409, cause.message, { cause });
  }
};

/** Of our own code, and no reason to refuse. */
const isFault = (error: Error): boolean =>
  [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
