// Debug sessions that others start for Rust: which of them are, and what is said in other words. Knows no VS Code.
import { carries } from './processes';

// What rust-analyzer starts, by the debugger that is installed (its editors/code/src/debug.ts, knownEngines).
export const otherTypes = ['lldb', 'lldb-dap', 'cppdbg', 'gdb'];

interface Configuration {
  type: string;
  [key: string]: unknown;
}

const mark = Buffer.from('/rustc/'); // where std's sources were: in the panic messages of every Rust program

export async function isRust(config: Configuration, folder: string): Promise<boolean> {
  const languages = config['sourceLanguages'];
  if (Array.isArray(languages)) return languages.includes('rust');
  if (config['cargo'] !== undefined) return true;
  const program = config['program'] ?? config['target'];
  if (typeof program !== 'string') return false;
  return carries(program.replace(/\$\{workspaceFolder(:[^}]*)?\}/g, folder), [mark]).catch(() => false);
}

// The words of a line as a shell splits them are split by the adapter. Keys that mean nothing here are left out.
export function ours(config: Configuration): Configuration {
  const { target, arguments: line, osx: _osx, valuesFormatting: _formatting, ...rest } = config;
  const own = config.type === 'gdb' ? { ...(target === undefined ? {} : { program: target }), ...(line === undefined ? {} : { args: line }) } : {};
  return { ...rest, ...own, type: 'stackful' };
}
