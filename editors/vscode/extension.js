"use strict";
// Starts `cnnspec lsp`, tells it where the cursor is, and shows the drawing beside the text.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("cnnspec");
  const [command, ...args] = settings.get("command", ["cnnspec", "lsp"]);
  const server = { command, args };
  client = new LanguageClient("cnnspec", "cnnspec", server, {
    documentSelector: [{ language: "cnn" }],
    initializationOptions: { showCosts: settings.get("showCosts", false) },
    synchronize: { configurationSection: "cnnspec" },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `${[command, ...args].join(" ")} does not start (${error.message}): pip install 'cnnspec[lsp]', ` +
      "or say where it is in the setting cnnspec.command");
  }
}

async function restart() {
  await client?.stop();
  await start();
}

// The page of the server, in a frame of its own beside the text.
async function openPreview() {
  const editor = vscode.window.activeTextEditor;
  if (!client || editor?.document.languageId !== "cnn") return;
  const { document, selection } = editor;
  const address = await client.sendRequest("workspace/executeCommand", {
    command: "cnnspec.preview",
    arguments: [document.uri.toString(), selection.active.line, false],
  });
  const panel = vscode.window.createWebviewPanel("cnnspec", "cnnspec", vscode.ViewColumn.Beside, { enableScripts: true });
  const outside = await vscode.env.asExternalUri(vscode.Uri.parse(address));
  const origin = `${outside.scheme}://${outside.authority}`;
  panel.webview.html = `<!doctype html><meta http-equiv="Content-Security-Policy"
    content="default-src 'none'; frame-src ${origin}; style-src 'unsafe-inline'">
    <style>html, body, iframe { margin: 0; border: 0; width: 100%; height: 100%; }</style>
    <iframe title="The net" src="${outside.toString(true)}"></iframe>`;
}

function tellCursor({ textEditor, selections }) {
  if (!client?.isRunning() || textEditor.document.languageId !== "cnn") return;
  const uri = textEditor.document.uri.toString();
  client.sendNotification("cnnspec/cursor", { uri, line: selections[0].active.line });
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("cnnspec.openPreview", openPreview),
    vscode.commands.registerCommand("cnnspec.restart", restart),
    vscode.window.onDidChangeTextEditorSelection(tellCursor));
  await start();
};

exports.deactivate = () => client?.stop();
