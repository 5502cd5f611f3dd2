// Starts `dln lsp` where the installed `dln` has that command. Without it the extension is colours and snippets.

const { execFile } = require("node:child_process");
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

/** Whether the command knows `lsp`; a `dln` that does not exist knows nothing. */
function hasServer(command) {
  return new Promise((resolve) => execFile(command, ["lsp", "--help"], { timeout: 5000 }, (error) => resolve(!error)));
}

async function start(output) {
  const settings = vscode.workspace.getConfiguration("dln");
  const command = settings.get("path", "dln");
  if (!settings.get("server", true)) return;
  if (!(await hasServer(command))) {
    output.appendLine(`\`${command} lsp\` does not run: either there is no such command, or this dln has no language server.`);
    return;
  }
  const run = { command, args: ["lsp"], transport: TransportKind.stdio };
  const selector = [{ scheme: "file", language: "dln" }, { scheme: "untitled", language: "dln" }];
  client = new LanguageClient("dln", "dln", { run, debug: run }, { documentSelector: selector, outputChannel: output });
  await client.start();
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  const output = vscode.window.createOutputChannel("dln");
  const restart = vscode.commands.registerCommand("dln.restart", async () => {
    await stop();
    await start(output);
  });
  context.subscriptions.push(output, restart);
  await start(output);
}

module.exports = { activate, deactivate: stop };
