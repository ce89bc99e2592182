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

const here = '__here'; // where a lens was clicked: the configuration is resolved to what lies there

// At once, so that Shift+F5 is taken while cargo still tells what there is.
export async function debugAt(uri: vscode.Uri, test: TestLens | undefined): Promise<void> {
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), { type: 'stackful', request: 'launch', name: `Debug ${test?.name ?? 'main'}`, [here]: { path: uri.fsPath, test } });
}

// The configuration of such a click, or any other as it is.
export async function resolveLens(config: vscode.DebugConfiguration): Promise<vscode.DebugConfiguration> {
  const click = config[here] as { path: string; test?: TestLens } | undefined;
  if (!click) return config;
  const { path, test } = click;
  const target = targetOfFile(await cargoTargets(folderOf(path)), path, textOf);
  if (!target) throw new Error(`cargo knows no target that ${path} belongs to.`);
  const which = [`--package=${target.package}`, target.kind === 'lib' ? '--lib' : `--${target.kind}=${target.name}`];
  const folder = folderOf(target.manifest);
  const name = test && [...modulesOf(target, path), test.name].join('::');
  return {
    type: 'stackful',
    request: 'launch',
    name: `Debug ${name ?? target.name}`,
    cargo: { args: test ? ['test', '--no-run', ...which] : ['build', ...which], cwd: folder },
    args: name ? [name, ...(test?.whole ? ['--exact'] : []), '--nocapture', '--test-threads=1'] : [],
    cwd: folder,
  };
}
