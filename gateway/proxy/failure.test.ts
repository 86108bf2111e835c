import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../http/http-error.ts";
import { isUpstreamsFault, upstreamFailure } from "./failure.ts";

const failed = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

test("what the system refuses this process is said with 503 and no fault of the upstream's", () => {
  for (const code of ["EMFILE", "ENFILE", "EADDRNOTAVAIL", "no-connection"]) {
    const { status, headers } = upstreamFailure(failed(code));
    assert.deepEqual([status, headers], [503, { "retry-after": "1" }], code);
    assert.equal(isUpstreamsFault(failed(code)), false, code);
  }
});

test("an upstream that refuses, is silent or hangs up has failed; a client that is refused has not", () => {
  for (const code of ["ECONNREFUSED", "head-timeout", "ECONNRESET", "closed"])
    assert.equal(isUpstreamsFault(failed(code)), true, code);
  assert.equal(isUpstreamsFault(new HttpError(400, "a bad body")), false);
});
