// Runs cargo for the `cargo` key: progress, problems, and the executable that is to be debugged.
import { spawn } from 'node:child_process';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { buildCommand, CargoTarget, environmentOf, Executable, matching, readCargoKey, readMessage, targetsOf } from './cargo';
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
      if (error) reject(new Error(`cargo metadata in ${folder}: ${err.trim() || error.message}`));
      else resolve(out);
    });
  });
  return targetsOf(text);
}

function show(list: Problem[], folder: string): void {
  const byFile = new Map<string, vscode.Diagnostic[]>();
  const severities = { error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning, note: vscode.DiagnosticSeverity.Information };
  for (const problem of list) {
    const file = isAbsolute(problem.file) ? problem.file : join(folder, problem.file);
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
    const child = spawn(cargoProgram(), args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const cancel = token.onCancellationRequested(() => child.kill('SIGINT'));
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
      reject(new Error(`cargo can't be started: ${error.message}. Is Rust installed, and its bin folder on PATH? See https://rustup.rs`));
    });
    child.on('close', (status) => {
      cancel.dispose();
      show(found, folder);
      resolve({ executables, status, errors: found.filter((one) => one.severity === 'error').length });
    });
  });
}

// The configuration with `program` in place of `cargo`; undefined if the person gave up.
export async function buildFor(config: vscode.DebugConfiguration, folder: vscode.WorkspaceFolder | undefined, log: vscode.LogOutputChannel): Promise<vscode.DebugConfiguration | undefined> {
  const key = readCargoKey(config['cargo']);
  const command = buildCommand(key.args);
  const cwd = key.cwd ?? folder?.uri.fsPath ?? process.cwd();
  let cancelled = false;
  const outcome = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `cargo ${key.args.join(' ')}`, cancellable: true }, (progress, token) => {
    token.onCancellationRequested(() => (cancelled = true));
    return run(command.cargo, cwd, key.env, log, progress, token);
  });
  if (cancelled) return undefined;
  if (outcome.status !== 0) {
    const what = outcome.errors ? `with ${outcome.errors} error${outcome.errors === 1 ? '' : 's'}` : `with status ${outcome.status}`;
    const button = await vscode.window.showErrorMessage(`cargo ${key.args.join(' ')} ended ${what}.`, 'Show Problems', 'Show Output');
    if (button === 'Show Problems') await vscode.commands.executeCommand('workbench.actions.view.problems');
    if (button === 'Show Output') log.show();
    return undefined;
  }
  const fitting = matching(outcome.executables, key.filter, command.cargo);
  let chosen = fitting[0];
  if (fitting.length > 1) {
    const items = fitting.map((one) => ({ label: one.name, description: one.test ? `test harness of ${one.kind}` : one.kind, detail: one.path, one }));
    chosen = (await vscode.window.showQuickPick(items, { title: 'Which one is to be debugged?', matchOnDetail: true }))?.one;
    if (!chosen) return undefined;
  }
  if (!chosen) throw new Error(`cargo ${key.args.join(' ')} made no executable${outcome.executables.length ? ` that cargo.filter allows, but ${outcome.executables.map((one) => one.name).join(', ')}` : ''}.`);
  const { cargo: _cargo, ...rest } = config;
  const given = (rest['env'] ?? {}) as unknown;
  const env = typeof given === 'object' && !Array.isArray(given) ? { ...environmentOf(chosen), ...given } : given;
  const args = command.program.length ? [...((rest['args'] as string[] | undefined) ?? []), ...command.program] : rest['args'];
  return { ...rest, program: chosen.path, env, ...(args === undefined ? {} : { args }), cwd: (rest['cwd'] as string | undefined) ?? cwd } as vscode.DebugConfiguration;
}
