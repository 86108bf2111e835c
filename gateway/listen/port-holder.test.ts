import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findPortHolder } from "./port-holder.ts";

const table = (port: string, state: string, inode: number) =>
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
  `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1\n`;

/** A folder like /proc with one process that holds one socket. */
const fakeProc = (tcp: string, tcp6: string) => {
  const proc = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(proc, "net"));
  writeFileSync(join(proc, "net/tcp"), tcp);
  writeFileSync(join(proc, "net/tcp6"), tcp6);
  mkdirSync(join(proc, "7/fd"), { recursive: true });
  mkdirSync(join(proc, "1234/fd"), { recursive: true });
  writeFileSync(join(proc, "1234/comm"), "caddy\n");
  symlinkSync("socket:[42]", join(proc, "1234/fd/3"));
  return proc;
};

test("a holder is called as he was started, and no argument but a script is told", () => {
  const cases: readonly [cmdline: string, called: string][] = [
    ["/usr/bin/node\0/srv/app/server.js\0--token=secret\0", "node server.js"],
    ["/usr/bin/node\0--token=secret\0server.js\0", "node"],
    ["python3\0manage.py\0runserver\0", "python3 manage.py"],
    ["/usr/sbin/caddy\0run\0", "caddy"],
    ["nginx: master process /usr/sbin/nginx\0", "nginx"],
    ["", "caddy"],
  ];
  for (const [cmdline, called] of cases) {
    const proc = fakeProc(table("1F90", "0A", 42), "");
    writeFileSync(join(proc, "1234/cmdline"), cmdline);
    assert.equal(findPortHolder(8080, proc)?.command, called);
    rmSync(proc, { recursive: true });
  }
});

test("the process that listens on a port is found by the socket it has open", () => {
  const cases: readonly [name: string, tcp: string, tcp6: string, found: boolean][] = [
    ["IPv4", table("1F90", "0A", 42), "", true],
    ["IPv6", "", table("1F90", "0A", 42), true],
    ["another port", table("1F91", "0A", 42), "", false],
    ["a connection, not a listener", table("1F90", "01", 42), "", false],
    ["a socket nobody shows us", table("1F90", "0A", 43), "", false],
    ["no tables", "", "", false],
  ];
  for (const [name, tcp, tcp6, found] of cases) {
    const proc = fakeProc(tcp, tcp6);
    const expected = found ? { pid: 1234, command: "caddy" } : null;
    assert.deepEqual(findPortHolder(8080, proc), expected, name);
    rmSync(proc, { recursive: true });
  }
});

test("a system without /proc names nobody", () => {
  assert.equal(findPortHolder(8080, "/nowhere"), null);
});
