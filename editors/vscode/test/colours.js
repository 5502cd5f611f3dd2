// The colours of `constructs.dln`, word by word: `node test/colours.js` compares them with `colours.txt`, `--bless` writes it.
// It needs `npm install --no-save vscode-textmate vscode-oniguruma`.

const fs = require("node:fs");
const path = require("node:path");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const here = (name) => path.join(__dirname, name);
const read = (name) => fs.readFileSync(here(name), "utf8");

async function grammar() {
  await oniguruma.loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
  const onigLib = {
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  };
  const file = "../syntaxes/dln.tmLanguage.json";
  const registry = new Registry({ onigLib: Promise.resolve(onigLib), loadGrammar: async () => parseRawGrammar(read(file), file) });
  return registry.loadGrammar("source.dln");
}

async function main() {
  const dln = await grammar();
  let stack = INITIAL;
  let out = "";
  read("constructs.dln").split("\n").forEach((line, i) => {
    const { tokens, ruleStack } = dln.tokenizeLine(line, stack);
    stack = ruleStack;
    for (const token of tokens) {
      const text = line.slice(token.startIndex, token.endIndex).trim();
      const scope = token.scopes.at(-1).replace(/\.dln$/, "");
      if (text && scope !== "source") out += `${i + 1}: ${text}  ${scope}\n`;
    }
  });
  if (process.argv.includes("--bless")) fs.writeFileSync(here("colours.txt"), out);
  if (read("colours.txt") !== out) {
    console.error("the colours are not those of test/colours.txt: node test/colours.js --bless, and look at the difference");
    process.exitCode = 1;
  }
}

main();
