import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import { keysOf } from "./key-set.ts";
import { createKeySource, type KeySourceParts } from "./key-source.ts";
import { createTokenReader } from "./login-token.ts";
import { identitySettings } from "./settings.ts";

const noParts: KeySourceParts = {
  fetchText: () => Promise.reject(new Error("nothing is asked")),
  clock: () => now,
  warn() {},
};
const secret = "a secret of the site that is long enough";
const now = Date.UTC(2026, 0, 31);
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const makeToken = (claims: unknown, header: object = { alg: "HS256" }, key = secret): string => {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
};

const rules = identitySettings.parse({ cookie: "login", secret });
const read = createTokenReader(rules, null);
const userOf = (token: string) => read({ cookie: `a=b; login=${token}` }, now);

test("the user of a signed token is known by its claim", () => {
  assert.equal(userOf(makeToken({ sub: "ada" })), "ada");
  assert.equal(userOf(makeToken({ sub: 17 })), "17");
  const byHeader = createTokenReader(
    identitySettings.parse({ header: "X-Login", secret, claim: "uid" }),
    null,
  );
  assert.equal(byHeader({ "x-login": `Bearer ${makeToken({ uid: "ada" })}` }, now), "ada");
  assert.equal(byHeader({ "x-login": makeToken({ uid: "ada" }) }, now), "ada");
});

const refused: readonly [string, string][] = [
  ["signed by another", makeToken({ sub: "ada" }, { alg: "HS256" }, "another secret, just as long as ours")],
  ["not signed", `${part({ alg: "none" })}.${part({ sub: "ada" })}.`],
  ["said to be signed in another way", makeToken({ sub: "ada" }, { alg: "RS256" })],
  ["changed after", makeToken({ sub: "ada" }).replace(/\.[^.]+\./, `.${part({ sub: "bob" })}.`)],
  ["over", makeToken({ sub: "ada", exp: now / 1000 - 61 })],
  ["not begun", makeToken({ sub: "ada", nbf: now / 1000 + 61 })],
  ["with a time that is none", makeToken({ sub: "ada", exp: "soon" })],
  ["without the claim", makeToken({ user: "ada" })],
  ["of four parts", `${makeToken({ sub: "ada" })}.x`],
  ["endless", makeToken({ sub: "ada", x: "y".repeat(9000) })],
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
  const token = makeToken({ sub: "ada", exp: now / 1000 + 10 });
  assert.equal(userOf(token), "ada");
  assert.equal(read({ cookie: `login=${token}` }, now + 71_000), null);
});

describe("public keys", () => {
  const made = {
    ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    ES384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    EdDSA: generateKeyPairSync("ed25519"),
  } as const;
  type Alg = keyof typeof made;
  const algs = Object.keys(made) as Alg[]; // the object above has no other
  const jwk = (alg: Alg, more: object = {}) => ({
    ...made[alg].publicKey.export({ format: "jwk" }),
    kid: alg.toLowerCase(),
    ...more,
  });
  const readerOf = (set: object, more: object = {}) =>
    createTokenReader(
      identitySettings.parse({ cookie: "login", jwks: set, ...more }),
      createKeySource(identitySettings.parse({ cookie: "login", jwks: set }), noParts),
    );
  const signed = (by: Alg, header: object, claims: object = { sub: "ada" }): string => {
    const text = `${part(header)}.${part(claims)}`;
    const hash = by === "EdDSA" ? null : by === "ES384" ? "sha384" : "sha256";
    const key = { key: made[by].privateKey, dsaEncoding: "ieee-p1363" } as const;
    return `${text}.${sign(hash, Buffer.from(text), key).toString("base64url")}`;
  };
  const reader = readerOf({ keys: algs.map((alg) => jwk(alg)) });
  const asked = (token: string, read = reader) => read({ cookie: `login=${token}` }, now);

  for (const alg of algs) {
    test(`check what their private keys signed: ${alg}`, () => {
      assert.equal(asked(signed(alg, { alg, kid: alg.toLowerCase() })), "ada");
      assert.equal(asked(signed(alg, { alg })), "ada");
      assert.equal(asked(signed(alg, { alg, kid: "another" })), null);
    });

    test(`check nothing that is signed in another way than it says: ${alg}`, () => {
      for (const other of [...algs, "RS384", "HS256", "none", "ES512", "", "es256"]) {
        if (other !== alg) assert.equal(asked(signed(alg, { alg: other })), null, other);
      }
      const publicText = JSON.stringify(jwk(alg));
      assert.equal(
        asked(makeToken({ sub: "ada" }, { alg: "HS256", kid: alg.toLowerCase() }, publicText)),
        null,
      );
      const pem = made[alg].publicKey.export({ format: "pem", type: "spki" }).toString();
      assert.equal(asked(makeToken({ sub: "ada" }, { alg: "HS256" }, pem)), null);
    });
  }

  test("check nothing for which the set does not mean them", () => {
    assert.equal(
      asked(signed("RS256", { alg: "RS256" }), readerOf({ keys: [jwk("RS256", { alg: "RS256" })] })),
      "ada",
    );
    for (const wrong of [{ alg: "RS512" }, { use: "enc" }]) {
      const other = readerOf({ keys: [jwk("RS256", wrong), jwk("ES256")] });
      assert.equal(asked(signed("RS256", { alg: "RS256" }), other), null, JSON.stringify(wrong));
    }
  });

  test("a token that names something critical, or is over, is nobody's", () => {
    assert.equal(asked(signed("ES256", { alg: "ES256", crit: ["b64"], b64: false })), null);
    assert.equal(asked(signed("ES256", { alg: "ES256" }, { sub: "ada", exp: now / 1000 - 61 })), null);
  });

  test("a token is nobody's where another made it, or made it for another", () => {
    const strict = readerOf({ keys: [jwk("ES256")] }, { issuer: "https://login.example", audience: "shop" });
    const of = (claims: object) =>
      asked(signed("ES256", { alg: "ES256" }, { sub: "ada", ...claims }), strict);
    const right = { iss: "https://login.example", aud: "shop" };
    assert.equal(of(right), "ada");
    assert.equal(of({ ...right, aud: ["blog", "shop"] }), "ada");
    for (const wrong of [
      {},
      { iss: right.iss },
      { aud: "shop" },
      { ...right, aud: "blog" },
      { ...right, aud: [] },
    ]) {
      assert.equal(of(wrong), null, JSON.stringify(wrong));
    }
    assert.equal(of({ ...right, iss: "https://login.example.attacker.test" }), null);
  });

  test("keys of kinds that are not known here are passed over; a set without any other is a mistake", () => {
    const odd = [{ kty: "oct", k: "AA" }, { kty: "EC", crv: "P-256", x: "AA", y: "AA" }, 7, null];
    assert.equal(keysOf({ keys: [...odd, jwk("ES256")] }).length, 1);
    for (const set of [{}, { keys: odd }, { keys: [] }, null, "x"])
      assert.throws(() => keysOf(set), /public key/);
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
    assert.throws(() => keysOf({ keys: [short] }), /public key/);
  });

  describe("at an address", () => {
    const rules = identitySettings.parse({ cookie: "login", jwks: "https://login.example/keys" });
    const start = (answers: (() => Promise<string>)[]) => {
      const clock = { now };
      const told: string[] = [];
      let asks = 0;
      const source = createKeySource(rules, {
        clock: () => clock.now,
        warn: (sentence) => told.push(sentence),
        fetchText: () =>
          answers[Math.min(asks++, answers.length - 1)]?.() ?? Promise.reject(new Error("away")),
      });
      return { source, reader: createTokenReader(rules, source), clock, told, asked: () => asks };
    };
    const set = (alg: Alg) => () => Promise.resolve(JSON.stringify({ keys: [jwk(alg)] }));
    const later = () => new Promise((resolve) => setImmediate(resolve));

    test("they are asked for once, and until they are there a token is nobody's", async () => {
      const one = start([set("ES256")]);
      const token = signed("ES256", { alg: "ES256", kid: "es256" });
      assert.equal(asked(token, one.reader), null);
      await later();
      assert.equal(asked(token, one.reader), "ada");
      assert.equal(one.asked(), 1);
    });

    test("a token that names a new key makes them be asked for again, but not by everybody", async () => {
      const one = start([set("ES256"), set("RS256")]);
      await later();
      const [old, fresh] = [
        signed("ES256", { alg: "ES256" }),
        signed("RS256", { alg: "RS256", kid: "rs256" }),
      ];
      for (let i = 0; i < 50; i++) asked(signed("EdDSA", { alg: "EdDSA", kid: `made up ${i}` }), one.reader);
      assert.equal(one.asked(), 1, "they were asked for just now");
      one.clock.now += 31_000;
      assert.equal(asked(fresh, one.reader), null);
      await later();
      assert.equal(asked(fresh, one.reader), "ada");
      assert.equal(asked(old, one.reader), null, "its key has gone");
      assert.equal(one.asked(), 2);
    });

    test("an address that is away is told, and the keys that were known are used", async () => {
      const one = start([set("ES256"), () => Promise.reject(new Error("login.example cannot be asked"))]);
      await later();
      one.clock.now += 3_700_000;
      const token = signed("ES256", { alg: "ES256" });
      assert.equal(asked(token, one.reader), "ada");
      await later();
      assert.equal(asked(token, one.reader), "ada");
      assert.match(one.told.join(), /login\.example cannot be asked.*those known before are used/);
    });
  });
});

test("settings that cannot be checked are refused", () => {
  for (const wrong of [
    { cookie: "login" },
    { secret },
    { cookie: "a", secret, jwks: "keys.json" },
    { cookie: "a", jwks: { keys: [{ kty: "oct", k: "AA" }] } },
    { cookie: "a", jwks: "https://a.example/keys", jwksAllow: ["10.0.0.0/99"] },
  ]) {
    assert.ok(!identitySettings.safeParse(wrong).success, JSON.stringify(wrong));
  }
});
