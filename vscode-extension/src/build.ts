// Runs cargo for the `cargo` key: progress, problems, and the executable that is to be debugged.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { buildCommand, type CargoKey, type CargoTarget, environmentOf, type Executable, fileOf, matching, notStarted, readCargoKey, readMessage, targetsOf } from './cargo';
import type { Problem } from './cargo';

const problems = vscode.languages.createDiagnosticCollection('stackful: cargo');

// rustup's place counts, too: an editor that was started from a menu has not read the shell's profile.
function cargoProgram(): string {
  const home = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'bin', 'cargo');
  const onPath = (process.env['PATH'] ?? '').split(':').some((folder) => folder && existsSync(join(folder, 'cargo')));
  return !onPath && existsSync(home) ? home : 'cargo';
}

export async function cargoTargets(folder: string): Promise<CargoTarget[]> {
  const text = await new Promise<string>((resolve, reject) => {
    execFile(cargoProgram(), ['metadata', '--no-deps', '--format-version=1'], { cwd: folder, maxBuffer: 64 << 20 }, (error, out, err) => {
      if (error && typeof error.code === 'string') reject(new Error(notStarted(error.message, folder, existsSync))); // not a status, as ENOENT
      else if (error) reject(new Error(`cargo metadata in ${folder}: ${err.trim() || error.message}`));
      else resolve(out);
    });
  });
  return targetsOf(text);
}

function show(list: Problem[]): void {
  const byFile = new Map<string, vscode.Diagnostic[]>();
  const severities = { error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning, note: vscode.DiagnosticSeverity.Information };
  for (const problem of list) {
    const file = fileOf(problem, existsSync);
    const range = new vscode.Range(problem.line - 1, problem.column - 1, problem.endLine - 1, problem.endColumn - 1);
    const diagnostic = new vscode.Diagnostic(range, problem.message, severities[problem.severity]);
    diagnostic.source = 'cargo';
    if (problem.code) diagnostic.code = problem.code;
    byFile.set(file, [...(byFile.get(file) ?? []), diagnostic]);
  }
  problems.clear();
  for (const [file, diagnostics] of byFile) problems.set(vscode.Uri.file(file), diagnostics);
}

interface Outcome {
  executables: Executable[];
  status: number | null;
  errors: number;
}

function run(args: string[], folder: string, env: Record<string, string>, log: vscode.LogOutputChannel, progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    log.info(`> cargo ${args.join(' ')}   (in ${folder})`);
    // A group of its own, as in a terminal: rustc and build scripts end with it.
    const child = spawn(cargoProgram(), args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const cancel = token.onCancellationRequested(() => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGINT');
      } catch {
        // it has just ended
      }
    });
    const found: Problem[] = [];
    const executables: Executable[] = [];
    const lines = (stream: NodeJS.ReadableStream, take: (line: string) => void): void => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        parts.forEach(take);
      });
      stream.on('end', () => rest && take(rest));
    };
    lines(child.stdout, (line) => {
      const message = readMessage(line);
      if (!message) return;
      if ('executable' in message) executables.push(message.executable);
      else if ('problem' in message) {
        found.push(message.problem);
        log.append(message.problem.rendered);
      } else log.append(message.text);
    });
    lines(child.stderr, (line) => {
      log.info(line);
      if (line.trim()) progress.report({ message: line.trim() });
    });
    child.on('error', (error) => {
      cancel.dispose();
      reject(new Error(notStarted(error.message, folder, existsSync)));
    });
    child.on('close', (status) => {
      cancel.dispose();
      show(found);
      resolve({ executables, status, errors: found.filter((one) => one.severity === 'error').length });
    });
  });
}

// Runs it with a notification; undefined if the person gave up, by its button or by ending the session that is to come.
async function build(key: CargoKey, command: string[], cwd: string, log: vscode.LogOutputChannel, token: vscode.CancellationToken): Promise<Outcome | undefined> {
  const both = new vscode.CancellationTokenSource();
  const subscription = token.onCancellationRequested(() => both.cancel());
  if (token.isCancellationRequested) both.cancel();
  try {
    return await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `cargo ${key.args.join(' ')}`, cancellable: true }, async (progress, button) => {
      button.onCancellationRequested(() => both.cancel());
      const outcome = both.token.isCancellationRequested ? undefined : await run(command, cwd, key.env, log, progress, both.token);
      return both.token.isCancellationRequested ? undefined : outcome;
    });
  } finally {
    subscription.dispose();
  }
}

function failure(key: CargoKey, outcome: Outcome): string | undefined {
  if (outcome.status === 0) return undefined;
  const what = outcome.errors ? `with ${outcome.errors} error${outcome.errors === 1 ? '' : 's'}` : `with status ${outcome.status}`;
  return `cargo ${key.args.join(' ')} ended ${what}.`;
}

// Nobody waits for the buttons: the next F5 is not taken before this one's configuration is resolved.
async function tellFailure(text: string, log: vscode.LogOutputChannel): Promise<void> {
  const button = await vscode.window.showErrorMessage(text, 'Show Problems', 'Show Output');
  if (button === 'Show Problems') await vscode.commands.executeCommand('workbench.actions.view.problems');
  if (button === 'Show Output') log.show();
}

// The configuration with `program`; undefined if the person gave up, or was told what is wrong. `cargo` stays in it, for the
// next start of the session.
export async function buildFor(config: vscode.DebugConfiguration, folder: vscode.WorkspaceFolder | undefined, log: vscode.LogOutputChannel, token: vscode.CancellationToken): Promise<vscode.DebugConfiguration | undefined> {
  const key = readCargoKey(config['cargo']);
  const command = buildCommand(key.args);
  const cwd = key.cwd ?? folder?.uri.fsPath ?? process.cwd();
  const outcome = await build(key, command.cargo, cwd, log, token);
  if (!outcome) return undefined;
  const failed = failure(key, outcome);
  if (failed) return void tellFailure(failed, log);
  const fitting = matching(outcome.executables, key.filter, command.cargo);
  let chosen = fitting[0];
  if (fitting.length > 1) {
    const items = fitting.map((one) => ({ label: one.name, description: one.test ? `test harness of ${one.kind}` : one.kind, detail: one.path, one }));
    chosen = (await vscode.window.showQuickPick(items, { title: 'Which one is to be debugged?', matchOnDetail: true }, token))?.one;
    if (!chosen) return undefined;
  }
  if (!chosen) throw new Error(`cargo ${key.args.join(' ')} made no executable${outcome.executables.length ? ` that cargo.filter allows, but ${outcome.executables.map((one) => one.name).join(', ')}` : ''}.`);
  const given = (config['env'] ?? {}) as unknown;
  const env = typeof given === 'object' && !Array.isArray(given) ? { ...environmentOf(chosen), ...given } : given;
  const args = command.program.length ? [...((config['args'] as string[] | undefined) ?? []), ...command.program] : config['args'];
  return { ...config, cargo: { ...key, cwd }, program: chosen.path, env, ...(args === undefined ? {} : { args }), cwd: (config['cwd'] as string | undefined) ?? cwd } as vscode.DebugConfiguration;
}

// Again, as the session starts again: VS Code keeps its configuration, with the program that was built before.
export async function rebuild(config: vscode.DebugConfiguration, log: vscode.LogOutputChannel): Promise<void> {
  const key = readCargoKey(config['cargo']);
  const outcome = await build(key, buildCommand(key.args).cargo, key.cwd ?? process.cwd(), log, new vscode.CancellationTokenSource().token);
  const failed = outcome ? failure(key, outcome) : 'The build was cancelled.';
  if (failed) throw new Error(failed);
}
