import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import { createTokenReader } from "./login-token.ts";
import { identitySettings } from "./settings.ts";

const secret = "a secret of the site that is long enough";
const now = Date.UTC(2026, 0, 31);
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const made = (claims: unknown, header: object = { alg: "HS256" }, key = secret): string => {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
};

const rules = identitySettings.parse({ cookie: "login", secret });
const read = createTokenReader(rules, null);
const userOf = (token: string) => read({ cookie: `a=b; login=${token}` }, now);

test("the user of a signed token is known by its claim", () => {
  assert.equal(userOf(made({ sub: "ada" })), "ada");
  assert.equal(userOf(made({ sub: 17 })), "17");
  const byHeader = createTokenReader(
    identitySettings.parse({ header: "X-Login", secret, claim: "uid" }),
    null,
  );
  assert.equal(byHeader({ "x-login": `Bearer ${made({ uid: "ada" })}` }, now), "ada");
  assert.equal(byHeader({ "x-login": made({ uid: "ada" }) }, now), "ada");
});

const refused: readonly [string, string][] = [
  ["signed by another", made({ sub: "ada" }, { alg: "HS256" }, "another secret, just as long as ours")],
  ["not signed", `${part({ alg: "none" })}.${part({ sub: "ada" })}.`],
  ["said to be signed in another way", made({ sub: "ada" }, { alg: "RS256" })],
  ["changed after", made({ sub: "ada" }).replace(/\.[^.]+\./, `.${part({ sub: "bob" })}.`)],
  ["over", made({ sub: "ada", exp: now / 1000 - 61 })],
  ["not begun", made({ sub: "ada", nbf: now / 1000 + 61 })],
  ["with a time that is none", made({ sub: "ada", exp: "soon" })],
  ["without the claim", made({ user: "ada" })],
  ["of four parts", `${made({ sub: "ada" })}.x`],
  ["endless", made({ sub: "ada", x: "y".repeat(9000) })],
  ["no token", "x"],
];

describe("a token is nobody's that is", () => {
  for (const [what, token] of refused) {
    test(what, () => {
      assert.equal(userOf(token), null);
    });
  }
});

test("a token that was good is looked at again when its time is over", () => {
  const token = made({ sub: "ada", exp: now / 1000 + 10 });
  assert.equal(userOf(token), "ada");
  assert.equal(read({ cookie: `login=${token}` }, now + 71_000), null);
});

describe("public keys", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "one" };
  const reader = createTokenReader(
    identitySettings.parse({ cookie: "login", jwks: "keys.json" }),
    JSON.stringify({ keys: [jwk] }),
  );
  const signed = (header: object): string => {
    const text = `${part(header)}.${part({ sub: "ada" })}`;
    const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  };
  const asked = (token: string) => reader({ cookie: `login=${token}` }, now);

  test("check what their private keys signed", () => {
    assert.equal(asked(signed({ alg: "ES256", kid: "one" })), "ada");
    assert.equal(asked(signed({ alg: "ES256" })), "ada");
  });

  test("check nothing else: another key's, another way's, or a secret made of what everybody can read", () => {
    assert.equal(asked(signed({ alg: "ES256", kid: "two" })), null);
    assert.equal(asked(signed({ alg: "RS256", kid: "one" })), null);
    assert.equal(asked(made({ sub: "ada" }, { alg: "HS256", kid: "one" }, JSON.stringify(jwk))), null);
  });

  test("a key set that is none is a mistake in the settings", () => {
    assert.throws(() => createTokenReader(rules, "{}"), /public key/);
  });
});

test("settings that cannot be checked are refused", () => {
  for (const wrong of [{ cookie: "login" }, { secret }, { cookie: "a", secret, jwks: "keys.json" }]) {
    assert.ok(!identitySettings.safeParse(wrong).success, JSON.stringify(wrong));
  }
});
