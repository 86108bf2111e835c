import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maskSecrets, maskTuples } from "./mask-secrets.ts";

const cases: readonly (readonly [sent: string, shown: string])[] = [
  ['{"ename":"a","Token":"abc","n":1}', '{"ename":"a","Token":"*","n":1}'],
  [
    '{"params":{"api_secret" : "k\\"ey"},"x":["eyJa.x.y","eyJ"]}',
    '{"params":{"api_secret" : "*"},"x":["eyJ.*","eyJ"]}',
  ],
  ['{"tok\\u0065n":"abc"}', '{"tok\\u0065n":"*"}'],
  ['{"cvc":123,"token":[1,{"a":"]"}],"secret":{"b":"}"},"x":2}', '{"cvc":0,"token":[],"secret":{},"x":2}'],
  ['{"password":null,"token":true,"jwt":""}', '{"password":null,"token":true,"jwt":""}'],
  ['{"auth":"eyJhbGciOiJIUzI1NiJ9.e30.x","auth_id":"7"}', '{"auth":"eyJ.*","auth_id":"7"}'],
  ['{"params":"{\\"token\\":\\"abc\\"}"}', '{"params":"{\\"token\\":\\"*\\"}"}'],
  ['[{"write_key":"k"},{"a":"token"}]', '[{"write_key":"*"},{"a":"token"}]'],
  ['{"token":"a"}\n{"token":"b"}', '{"token":"*"}\n{"token":"*"}'],
  ['{"token":"cut', '{"token":"*"'],
  [
    '{"url":"https://a.test/?token=abc&x=1#access_token=z"}',
    '{"url":"https://a.test/?token=*&x=1#access_token=*"}',
  ],
  ["en=a&ep.token=abc&x=1\r\nup.Api_Key=k&en=b", "en=a&ep.token=*&x=1\r\nup.Api_Key=*&en=b"],
  [
    "api_secret=a%26b&dl=https%3A%2F%2Fa.test%2F%3Ftoken%3Dabc%26x%3D1",
    "api_secret=*&dl=https%3A%2F%2Fa.test%2F%3Ftoken%3D*%26x%3D1",
  ],
  ["params=%7B%22token%22%3A%22abc%22%7D", "params=%7B%22token%22%3A%22*%22%7D"],
  ["tok%65n=abc&utm_token=&secret", "tok%65n=*&utm_token=&secret"],
];

for (const [sent, shown] of cases) {
  test(`of ${sent} no secret is left`, () => {
    assert.equal(maskSecrets(sent), shown);
    assert.equal(maskSecrets(shown), shown);
  });
}

test("what names no secret stays as it is, to the byte", () => {
  for (const text of [
    '{"ename":"a", "title":"token=1"}',
    "en=a&dt=my+token+is+%7E1",
    "",
    "\u0000{",
    '"token"',
  ])
    assert.equal(maskSecrets(text), text);
});

test("of a path the values of secret names go, and a name that is a value is none", () => {
  const base = "/tr/v1/";
  assert.equal(maskTuples("/tr/v1/token/abc//ename/token/x/y", base), "/tr/v1/token/*//ename/token/x/y");
  assert.equal(maskTuples("/elsewhere/token/abc", base), "/elsewhere/token/abc");
});

test("any text is masked, whose second masking changes nothing", () => {
  const pieces = fc.constantFrom(
    '"token"',
    ":",
    '"abc"',
    "{",
    "}",
    "[",
    "]",
    ",",
    "\\",
    '"',
    "token=x&",
    "=",
    "%22",
    "\n",
    " ",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const once = maskSecrets(parts.join(""));
      assert.equal(maskSecrets(once), once);
    }),
  );
});

test("a megabyte made to be slow is masked in the time of others", () => {
  for (const piece of [
    '{"token":[',
    '"token":"',
    "?token=",
    '"token" : ',
    '\\"token\\":',
    '"\\',
    "token=%22&",
    "[{",
  ]) {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    assert.equal(typeof maskSecrets(`{"token"${text}`), "string");
    assert.equal(typeof maskSecrets(`token=${text}`), "string");
  }
});
