// rust-analyzer's Debug lens hands such a configuration to CodeLLDB (its editors/code/src/debug.ts, codeLldb).
const vscode = require('vscode');

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand('starter.debug', () => {
      const folder = vscode.workspace.workspaceFolders[0];
      const program = vscode.workspace.getConfiguration('starter').get('program');
      return vscode.debug.startDebugging(folder, { type: 'lldb', request: 'launch', name: 'run many', program, args: [], cwd: folder.uri.fsPath, sourceLanguages: ['rust'], env: {} });
    }),
  );
};
