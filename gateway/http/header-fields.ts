/** Header fields as settings may name them. */
import { z } from "zod";

/** Where a message ends hangs on these: rules that change them would let one message look like two. */
const framing = [
  "connection",
  "content-length",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** The name of a field, in lower case. */
export const fieldName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "expected the name of a header")
  .transform((name) => name.toLowerCase())
  .refine((name) => !framing.includes(name), "speaks of the connection, and cannot be set");

export const fieldValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "expected one line of text");
