// Starts `dln lsp` where the installed `dln` has that command. Without it the extension is colours and snippets.

const { execFile } = require("node:child_process");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** Whether the command knows `lsp`; a `dln` that does not exist knows nothing. */
function hasServer(command) {
  return new Promise((resolve) => execFile(command, ["lsp", "--help"], { timeout: 60_000 }, (error) => resolve(!error)));
}

async function start(output) {
  const settings = vscode.workspace.getConfiguration("dln");
  const command = settings.get("path", "dln");
  if (!settings.get("server", true)) return;
  if (!(await hasServer(command))) {
    output.appendLine(`\`${command} lsp\` does not run: either there is no such command, or this dln has no language server.`);
    return;
  }
  // Without a word on the transport it is the standard streams, and nothing is added to the arguments.
  const run = { command, args: ["lsp"] };
  const selector = [{ scheme: "file", language: "dln" }, { scheme: "untitled", language: "dln" }];
  // Files that are not open change too: other programs write them, and the server knows names in all of them.
  const watcher = vscode.workspace.createFileSystemWatcher("**/*.dln");
  const options = { documentSelector: selector, outputChannel: output, synchronize: { fileEvents: watcher } };
  client = new LanguageClient("dln", "dln", { run, debug: run }, options);
  await client.start();
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

/** What a lens over a training or a test asks for, in a terminal. */
function inTerminal(...words) {
  const run = new vscode.ProcessExecution(vscode.workspace.getConfiguration("dln").get("path", "dln"), words);
  const task = new vscode.Task({ type: "process" }, vscode.TaskScope.Workspace, `dln ${words[0]}`, "dln", run);
  return vscode.tasks.executeTask(task);
}

async function activate(context) {
  const output = vscode.window.createOutputChannel("dln");
  const lenses = [
    vscode.commands.registerCommand("dln.run", (file) => inTerminal("run", file)),
    vscode.commands.registerCommand("dln.check", (file) => inTerminal("check", file)),
    vscode.commands.registerCommand("dln.test", (file, name) => inTerminal("test", file, "--only", name)),
  ];
  const restart = vscode.commands.registerCommand("dln.restart", async () => {
    await stop();
    await start(output);
  });
  context.subscriptions.push(output, restart, ...lenses);
  await start(output);
}

module.exports = { activate, deactivate: stop };
