// "Debug (stackful)" above tests and main.
import * as vscode from 'vscode';
import { cargoTargets } from './build';
import { lensesOf, targetOfFile } from './cargo';

export class Lenses implements vscode.CodeLensProvider {
  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!vscode.workspace.getConfiguration('stackful').get<boolean>('codeLens', true)) return [];
    const { tests, main } = lensesOf(document.getText());
    const lens = (line: number, test?: string): vscode.CodeLens =>
      new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title: '$(debug-alt) Debug (stackful)', command: 'stackful.debugAt', arguments: [document.uri, test] });
    return [...tests.map((one) => lens(one.line, one.name)), ...(main === undefined ? [] : [lens(main)])];
  }
}

export async function debugAt(uri: vscode.Uri, test: string | undefined): Promise<void> {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const here = uri.fsPath.slice(0, uri.fsPath.lastIndexOf('/'));
  const target = targetOfFile(await cargoTargets(here), uri.fsPath);
  if (!target) {
    void vscode.window.showErrorMessage(`cargo knows no target that ${uri.fsPath} belongs to.`);
    return;
  }
  const which = [`--package=${target.package}`, target.kind === 'lib' ? '--lib' : `--${target.kind}=${target.name}`];
  const cwd = target.manifest.slice(0, target.manifest.lastIndexOf('/'));
  await vscode.debug.startDebugging(folder, {
    type: 'stackful',
    request: 'launch',
    name: `Debug ${test ?? target.name}`,
    cargo: { args: test ? ['test', '--no-run', ...which] : ['build', ...which], cwd: here },
    args: test ? [test, '--nocapture', '--test-threads=1'] : [],
    cwd,
  });
}
