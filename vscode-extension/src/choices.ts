// What F5 offers without a launch.json: the programs, examples and tests of all cargo packages of the workspace.
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import * as vscode from 'vscode';
import { cargoTargets } from './build';
import { type Choice, choicesOf, folderOf, targetOfFile } from './cargo';

const mostManifests = 50; // that are looked at where the workspace folder itself is no package

export interface Offer {
  choice: Choice;
  root: string; // where cargo runs
  folder: vscode.WorkspaceFolder;
}

// The folder itself if it lies in a package, else those below it that have a Cargo.toml, from the top down.
async function rootsIn(folder: vscode.WorkspaceFolder): Promise<string[]> {
  const path = folder.uri.fsPath;
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(join(at, 'Cargo.toml'))) return [path];
    if (at === dirname(at)) break;
  }
  const found = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, '**/Cargo.toml'), '**/{target,node_modules,.git}/**', mostManifests);
  return found.map((uri) => dirname(uri.fsPath)).sort((a, b) => a.length - b.length || a.localeCompare(b));
}

// A package that cargo can't read does not hide the others.
export async function offersOf(folders: readonly vscode.WorkspaceFolder[]): Promise<Offer[]> {
  const offers: Offer[] = [];
  const seen = new Set<string>(); // manifests: a workspace's members are told by its root
  let failed: unknown;
  for (const folder of folders.filter((one) => one.uri.scheme === 'file')) {
    for (const root of await rootsIn(folder)) {
      if (seen.has(join(root, 'Cargo.toml'))) continue;
      try {
        const targets = (await cargoTargets(root)).filter((one) => !seen.has(one.manifest));
        for (const target of targets) seen.add(target.manifest);
        offers.push(...choicesOf(targets).map((choice) => ({ choice, root, folder })));
      } catch (error) {
        failed ??= error;
      }
    }
  }
  if (offers.length === 0 && failed !== undefined) throw failed;
  return offers;
}

// `folder`: the one that ${workspaceFolder} will be.
export function configurationOf({ choice, root }: Offer, folder: vscode.WorkspaceFolder | undefined): vscode.DebugConfiguration {
  const top = folder?.uri.fsPath;
  const told = (path: string): string => (top !== undefined && (path === top || path.startsWith(`${top}/`)) ? `\${workspaceFolder}${path.slice(top.length)}` : path);
  return {
    type: 'stackful',
    request: 'launch',
    name: `Debug ${choice.label}`,
    cargo: { args: choice.cargo, ...(root === top ? {} : { cwd: told(root) }) },
    args: choice.args,
    cwd: told(choice.tests ? folderOf(choice.target.manifest) : root),
  };
}

type Row = vscode.QuickPickItem & { offer?: Offer; make?: () => Promise<vscode.DebugConfiguration | undefined> };

async function executable(): Promise<vscode.DebugConfiguration | undefined> {
  const [uri] = (await vscode.window.showOpenDialog({ title: 'Which program is to be debugged?', openLabel: 'Debug' })) ?? [];
  return uri && { type: 'stackful', request: 'launch', name: basename(uri.fsPath), program: uri.fsPath, args: [] };
}

const others: Row[] = [
  { label: 'Choose a program…', make: executable },
  { label: 'Attach to a process…', make: async () => ({ type: 'stackful', request: 'attach', name: 'Attach', pid: '${command:stackful.pickProcess}' }) },
  { label: 'Open a core file…', make: async () => ({ type: 'stackful', request: 'attach', name: 'Core', coreFile: '${command:stackful.pickCore}' }) },
];

function rowOf(offer: Offer, severalFolders: boolean): Row {
  const { choice, root, folder } = offer;
  const below = relative(folder.uri.fsPath, root);
  const where = [choice.target.package, severalFolders ? folder.name : '', below.startsWith('..') ? '' : below].filter((part) => part).join(' · ');
  return { label: choice.label, description: where, detail: `cargo ${choice.cargo.join(' ')}`, offer };
}

const lastKey = 'stackful.last';
const keyOf = ({ root, choice }: Offer): string => [root, ...choice.cargo].join(' ');

// The one that was chosen last is first, then what is of the file in the editor: its own test or example, its package's programs.
function ordered(offers: Offer[], last: string | undefined): Offer[] {
  const file = vscode.window.activeTextEditor?.document.uri.fsPath ?? '';
  const here = targetOfFile(offers.map((one) => one.choice.target), file);
  const ofFile = ({ target, tests }: Choice): boolean => here !== undefined && (target === here ? here.source === file && here.kind !== 'lib' : !tests && target.manifest === here.manifest);
  const rank = (one: Offer): number => (keyOf(one) === last ? 0 : ofFile(one.choice) ? 1 : 2);
  return [...offers].sort((a, b) => rank(a) - rank(b));
}

export async function choose(folder: vscode.WorkspaceFolder | undefined, memory: vscode.Memento, token?: vscode.CancellationToken): Promise<vscode.DebugConfiguration | undefined> {
  const all = vscode.workspace.workspaceFolders ?? [];
  const offers = ordered(await offersOf([...all].sort((a, b) => Number(b === folder) - Number(a === folder))), memory.get<string>(lastKey));
  const first = offers[0];
  if (first && offers.length === 1 && first.choice.cargo[0] === 'build') return configurationOf(first, folder);
  const title = first ? 'What is to be debugged?' : 'No cargo package is here. What is to be debugged?';
  const picked = await vscode.window.showQuickPick([...offers.map((one) => rowOf(one, all.length > 1)), ...others], { title, matchOnDescription: true }, token);
  if (!picked?.offer) return picked?.make?.();
  await memory.update(lastKey, keyOf(picked.offer));
  return configurationOf(picked.offer, folder);
}
