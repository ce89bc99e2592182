// "Debug (stackful)" above tests and main.
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { cargoTargets } from './build';
import { folderOf, lensesOf, modulesOf, type TestLens, targetOfFile } from './cargo';

export class Lenses implements vscode.CodeLensProvider {
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.emitter.event;
  private readonly subscription = vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('stackful.codeLens') && this.emitter.fire());

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!vscode.workspace.getConfiguration('stackful').get<boolean>('codeLens', true)) return [];
    const { tests, main } = lensesOf(document.getText());
    const lens = (line: number, test?: TestLens): vscode.CodeLens =>
      new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title: '$(debug-alt) Debug (stackful)', command: 'stackful.debugAt', arguments: [document.uri, test] });
    return [...tests.map((one) => lens(one.line, one)), ...(main === undefined ? [] : [lens(main)])];
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export async function debugAt(uri: vscode.Uri, test: TestLens | undefined): Promise<void> {
  const here = folderOf(uri.fsPath);
  const target = targetOfFile(await cargoTargets(here), uri.fsPath, textOf);
  if (!target) throw new Error(`cargo knows no target that ${uri.fsPath} belongs to.`);
  const which = [`--package=${target.package}`, target.kind === 'lib' ? '--lib' : `--${target.kind}=${target.name}`];
  const folder = folderOf(target.manifest);
  const name = test && [...modulesOf(target, uri.fsPath), test.name].join('::');
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), {
    type: 'stackful',
    request: 'launch',
    name: `Debug ${name ?? target.name}`,
    cargo: { args: test ? ['test', '--no-run', ...which] : ['build', ...which], cwd: folder },
    args: name ? [name, ...(test?.whole ? ['--exact'] : []), '--nocapture', '--test-threads=1'] : [],
    cwd: folder,
  });
}
