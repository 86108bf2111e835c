/** Where a site's public keys come from: the settings, a file, or an address that is asked now and then. */
import { readFileSync } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import type { IdentityRules } from "../model/site.ts";
import { keysOf, type PublicKey, readKeySet } from "./key-set.ts";
import { isKeyAddress } from "./settings.ts";

export interface KeySource {
  /** The keys that are known now; the list is another one once they have changed. */
  current(): readonly PublicKey[];
  /** A token names a key that is not among them: they may have been changed. */
  missed(kid: string): void;
}

export interface KeySourceParts {
  /** the text at an address; rejects with one sentence */
  readonly fetchText: (url: string, allow: readonly string[]) => Promise<string>;
  readonly clock: Clock;
  /** told in one sentence why keys could not be had */
  readonly warn: (sentence: string) => void;
}

/** Throws one sentence where a file or the settings hold no keys; what an address answers is told as a warning. */
export const createKeySource = (rules: IdentityRules, parts: KeySourceParts): KeySource => {
  const { jwks = "" } = rules;
  if (typeof jwks === "string" && isKeyAddress(jwks)) return askedKeys(jwks, rules.jwksAllow ?? [], parts);
  const keys = typeof jwks === "string" ? readKeySet(readFileSync(jwks, "utf8")) : keysOf(jwks);
  return { current: () => keys, missed() {} };
};

/** Keys are asked for again after this long, where tokens come. */
const freshMs = 3_600_000;
/** Anybody can name a key that is not there: the address is asked no more often than this. */
const pauseMs = 30_000;

/** The last answer counts until there is a new one: an address that is away for a while takes nobody's login. */
const askedKeys = (url: string, allow: readonly string[], parts: KeySourceParts): KeySource => {
  const { clock } = parts;
  let keys: readonly PublicKey[] = [];
  let askedAt = Number.NEGATIVE_INFINITY;
  let gotAt = Number.NEGATIVE_INFINITY;
  let isAsking = false;
  // A clock that was set back is as far from then as one that went on.
  const sinceThen = (then: number): number => Math.abs(clock() - then);
  const ask = async (): Promise<void> => {
    if (isAsking || sinceThen(askedAt) < pauseMs) return;
    isAsking = true;
    askedAt = clock();
    try {
      keys = readKeySet(await parts.fetchText(url, allow));
      gotAt = clock();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      parts.warn(
        `identity: jwks: ${url} gives no keys (${reason}): ${keys.length > 0 ? "those known before are used" : "login tokens count as none until it does"}`,
      );
    } finally {
      isAsking = false;
    }
  };
  void ask();
  return {
    current() {
      if (sinceThen(gotAt) > freshMs) void ask();
      return keys;
    },
    missed: () => void ask(),
  };
};
