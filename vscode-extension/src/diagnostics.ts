// What a bug report needs: versions, settings, and what the kernel allows. No paths but those of the settings.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import * as vscode from 'vscode';
import { findAdapter } from './find';
import { ptraceScope } from './processes';

function firstLine(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 5000 }, (error, out) => resolve(error ? `not known (${error.message.split('\n')[0]})` : (out.split('\n')[0] ?? '')));
  });
}

export async function diagnostics(context: vscode.ExtensionContext): Promise<string> {
  const settings = vscode.workspace.getConfiguration('stackful');
  const found = findAdapter(settings.get<string>('adapter', ''), context.extensionPath, process.env['PATH'] ?? '');
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const { version } = context.extension.packageJSON as { version: string };
  const lines = [
    `extension: ${version}`,
    'path' in found ? `adapter: ${await firstLine(found.path, ['--version'])} (${found.from})` : `adapter: ${found.message}`,
    `editor: ${vscode.env.appName} ${vscode.version}${vscode.env.remoteName ? `, remote: ${vscode.env.remoteName}` : ''}`,
    `system: ${/^PRETTY_NAME="?([^"\n]*)/m.exec(system)?.[1] ?? process.platform}, kernel ${release()}`,
    `rustc: ${await firstLine('rustc', ['--version'])}`,
    `cargo: ${await firstLine('cargo', ['--version'])}`,
    `kernel.yama.ptrace_scope: ${((await ptraceScope()) ?? 'none').trim()}`,
    `settings: ${JSON.stringify(settings)}`,
  ];
  return lines.join('\n');
}
