import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedCodings } from "./accept-encoding.ts";

test("a client is sent the coding that it likes best, and none that it did not name", () => {
  const cases: readonly [section: string, field: string | undefined, accepted: readonly string[]][] = [
    ["§12.5.3 absent", undefined, []],
    ["§12.5.3 empty", "", []],
    ["browsers", "gzip, deflate, br, zstd", ["br", "zstd", "gzip"]],
    ["one", "gzip", ["gzip"]],
    ["case", "GZIP, Br", ["br", "gzip"]],
    ["§12.4.2 weights", "br;q=0.5, gzip;q=0.8", ["gzip", "br"]],
    ["§12.4.2 zero", "br;q=0, gzip", ["gzip"]],
    ["§12.4.2 zero with digits", "br;q=0.000, gzip;q=1.000", ["gzip"]],
    ["white space", " br ; q=0.1 , gzip ; q=0.2 ", ["gzip", "br"]],
    ["§12.5.3 any", "*", ["br", "zstd", "gzip"]],
    ["§12.5.3 any other", "br;q=0, *", ["zstd", "gzip"]],
    ["§12.5.3 none other", "gzip, *;q=0", ["gzip"]],
    ["identity alone", "identity", []],
    ["identity first", "identity, gzip;q=0.5", []],
    ["identity last", "identity;q=0.1, gzip;q=0.5", ["gzip"]],
    ["identity refused", "identity;q=0, gzip", ["gzip"]],
    ["§8.4.1.3 old name", "x-gzip", ["gzip"]],
    ["unknown", "compress, deflate, sdch", []],
    ["no weight", "br;q=high, gzip;q=2", ["br", "gzip"]],
    ["another name that holds one", "notbr, brx", []],
  ];
  for (const [section, field, accepted] of cases) assert.deepEqual(acceptedCodings(field), accepted, section);
});

test("fields that mean the same give the same object, however many there are", () => {
  const first = acceptedCodings("br, gzip");
  for (let i = 0; i < 3000; i++) assert.equal(acceptedCodings(`br, gzip, x-${i}`), first);
  assert.equal(acceptedCodings(`br, gzip${", x".repeat(100_000)}`), first);
});
