import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bits,
  boolean,
  der,
  integer,
  objectId,
  octets,
  readAll,
  readDer,
  sequence,
  time,
  utf8,
} from "./der.ts";

const hex = (bytes: Buffer) => bytes.toString("hex");

test("elements are written as X.690 says", () => {
  assert.equal(hex(boolean(true)), "0101ff");
  assert.equal(hex(integer(Buffer.from([0, 0, 1]))), "020101");
  assert.equal(hex(integer(Buffer.from([0x80]))), "02020080");
  assert.equal(hex(integer(Buffer.from([0]))), "020100");
  assert.equal(hex(objectId("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
  assert.equal(hex(utf8("ü")), "0c02c3bc");
  assert.equal(hex(bits(Buffer.from([0x86]), 1)), "03020186");
  assert.equal(hex(octets(Buffer.alloc(200)).subarray(0, 4)), "0481c800");
  assert.equal(hex(octets(Buffer.alloc(300)).subarray(0, 5)), "0482012c00");
});

test("a year is written with two digits before 2050, with four from then on", () => {
  assert.equal(time(Date.UTC(2049, 11, 31, 23, 59, 59)).toString("latin1", 2), "491231235959Z");
  assert.equal(time(Date.UTC(2050, 0, 1)).toString("latin1", 2), "20500101000000Z");
});

test("what was written is read again", () => {
  const inner = [boolean(false), octets(Buffer.alloc(300, 7))];
  const read = readDer(Buffer.concat([sequence(...inner), Buffer.from("more")]));
  assert.equal(read.tag, 0x30);
  assert.deepEqual(
    readAll(read.content).map((one) => one.whole),
    inner,
  );
});

test("bytes that end too early are refused", () => {
  const whole = sequence(der(0x04, Buffer.alloc(200)));
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => readDer(whole.subarray(0, length)), /^Error: der: /);
  }
});
