/** Certificates on a disk without room: what is said, nothing half is left or used, and it goes on when there is room. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createKeeper } from "../gateway/listen/acme/keeper.ts";
import { createLock } from "../gateway/listen/acme/lock.ts";
import { openStore } from "../gateway/listen/acme/store.ts";
import { createLocalAuthority } from "../gateway/listen/tls/local-authority.ts";

interface Disk {
  readonly folder: string;
  /** Leaves room for so many bytes. */
  fill(left?: number): void;
  free(): void;
}

const bytes = 512 * 1024;

/** A file system in memory, for the length of the test; null where this user may not mount one. */
const mountSmall = (t: TestContext): Disk | null => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-certs-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    t.skip("this user may not mount a tmpfs");
    return null;
  }
  t.after(() => {
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  const ballast = join(folder, "ballast");
  const page = 4096;
  return {
    folder,
    fill(left = 0) {
      rmSync(ballast, { force: true });
      let pages = 0;
      try {
        for (; ; pages++) writeFileSync(ballast, Buffer.alloc(page), { flag: "a" });
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      }
      rmSync(ballast);
      writeFileSync(ballast, Buffer.alloc((pages - Math.ceil(left / page)) * page));
    },
    free: () => rmSync(ballast),
  };
};

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

test("a local authority that finds no room says so, leaves nothing, and is made when there is some", (t) => {
  const disk = mountSmall(t);
  if (!disk) return;
  const dir = join(disk.folder, "local");
  mkdirSync(dir);
  const local = createLocalAuthority({ dir, clock: Date.now, serves: () => true });
  disk.fill();
  assert.throws(() => local.fallback(), {
    message: `tls: the local authority cannot be kept in ${dir} (ENOSPC): see that it is writable for this user, and the disk not full, or name another folder as tls.store`,
  });
  assert.deepEqual(filesIn(dir), []);
  disk.fill(4096); // for the key and its certificate, and not for what browsers are given
  const leaf = new X509Certificate(local.fallback()?.cert ?? "");
  assert.deepEqual(filesIn(dir), ["ca.pem"]);
  disk.free();
  createLocalAuthority({ dir, clock: Date.now, serves: () => true }).fallback();
  const root = new X509Certificate(readFileSync(join(dir, "ca.crt")));
  assert.ok(leaf.verify(root.publicKey), "the root is the one by which certificates were made before");
});

test("nothing is ordered that could not be kept, and nothing is left of the tries", async (t) => {
  const disk = mountSmall(t);
  if (!disk) return;
  const store = openStore(disk.folder, "https://ca.example/dir");
  const warnings: string[] = [];
  let orders = 0;
  let now = Date.UTC(2026, 2, 1);
  const keeper = createKeeper({
    store,
    lock: createLock(store.dir),
    atOnce: 4,
    authority: {
      directory: "https://ca.example/dir",
      window: async () => null,
      order: async () => {
        orders++;
        throw new Error("the authority was asked");
      },
      close: () => {},
      isClosed: false,
    },
    proofsFor: () => [{ type: "http-01", show: async () => async () => {} }],
    clock: () => now,
    random: () => 0.5,
    info: () => {},
    warn: (sentence) => warnings.push(sentence),
  });
  for (const left of [0, 16_384]) {
    disk.fill(left);
    for (let i = 0; i < 3; i++) {
      const nextAt = await keeper.look("shop.example");
      assert.equal(nextAt - now, 60_000);
      now = nextAt;
    }
    assert.deepEqual(filesIn(store.dir), [], `${left} bytes were left`);
  }
  assert.equal(orders, 0);
  assert.equal(warnings.length, 6);
  assert.match(
    warnings[0] ?? "",
    /^acme: shop\.example: the certificate folder \S+ cannot be written \(ENOSPC: .+\): see that it is there, writable for this user, and the disk not full; it is tried again every minute$/,
  );
  disk.free();
  await keeper.look("shop.example");
  assert.equal(orders, 1);
  assert.deepEqual(filesIn(store.dir), ["account.json", "orders.json", "shop.example.json"]);
  assert.equal(statSync(join(store.dir, "account.json")).mode & 0o777, 0o600);
});
