import { readFile } from "node:fs/promises";
import { basename } from "node:path";

/**
 * Sources that hold types alone, in one file of declarations, each after those it imports from. The compiler that could
 * make declarations of code is not there where the program is only run; a source with code is refused.
 */
export const declarationsOf = async (sources: readonly string[]): Promise<string> => {
  const texts = await Promise.all(sources.map(readTypes));
  return texts.join("\n");
};

const imports = /^import type [^;]+;\n+/gm;
const code = /^(?:export )?(?:const|let|var|function|async|class|enum)\b|^import (?!type\b)/m;

const readTypes = async (path: string): Promise<string> => {
  const text = await readFile(path, "utf8");
  if (code.test(text))
    throw new Error(`build: ${basename(path)} holds code, and declarations can be made of types alone`);
  return text.replace(imports, "");
};
