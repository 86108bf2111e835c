import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Gateway, root, startGateway } from "./gateway.ts";

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
