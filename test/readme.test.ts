import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Gateway, root, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");

interface Example {
  readonly command: string;
  readonly answer: string;
}

/** Blocks that show a command and its exact answer. */
const examples: readonly Example[] = [...readme.matchAll(/```console\n\$ (.*)\n([\s\S]*?)```/g)].map(
  ([, command = "", answer = ""]) => ({ command, answer }),
);

let gateway: Gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway.close());

/** The command as a reader would type it, at the ports and the folder of this test. */
const run = (command: string): string => {
  const here = command
    .replaceAll("http://localhost:8080", gateway.url)
    .replace(
      /npm run -s turnpike -- (\w+)/,
      `"${process.execPath}" gateway/main.ts $1 --data "${gateway.data}"`,
    );
  return execFileSync("bash", ["-c", here], { cwd: root, encoding: "utf8" }).replaceAll("\r", "");
};

test("the README shows at least three commands with their answers", () => {
  assert.ok(examples.length >= 3);
});

for (const { command, answer } of examples) {
  test(`README: ${command.slice(0, 90)}`, () => {
    assert.equal(run(command), answer);
  });
}

test("recipes have at most six lines, and every file the README names is there", () => {
  for (const [, block = ""] of readme.matchAll(/(?:^|\n\n)((?: {4}.*\n)+)/g)) {
    assert.ok(block.split("\n").length - 1 <= 6, block);
  }
  for (const [, file = ""] of readme.matchAll(/\]\(([^):#]+)\)/g)) readFileSync(join(root, file));
});

test("the README's table of commands has those of the help", async () => {
  const { out } = await runTurnpike(["--help"]);
  const inHelp = [...out.matchAll(/^ {2}([a-z][\w-]*) /gm)].map(([, name = ""]) => name);
  const rows = [...readme.matchAll(/^\| (`[^|]*`) +\|/gm)].map(([, cell = ""]) => cell).join(" ");
  const inReadme = [...rows.matchAll(/`([\w-]+)[^`]*`/g)].map(([, name = ""]) => name);
  assert.deepEqual([...new Set(inReadme)].sort(), inHelp.filter((name) => name !== "help").sort());
});
