// What cargo says: its targets (`cargo metadata`) and its messages while it builds. Knows no VS Code.

export interface CargoTarget {
  package: string;
  manifest: string;
  name: string;
  kind: 'bin' | 'example' | 'test' | 'bench' | 'lib';
  source: string;
  tests: boolean; // `cargo test` builds a harness for it
}

interface MetadataTarget {
  name: string;
  kind: string[];
  src_path: string;
  test?: boolean;
}
interface Metadata {
  packages: { name: string; manifest_path: string; targets: MetadataTarget[] }[];
}

const libraries = ['lib', 'rlib', 'dylib', 'cdylib', 'staticlib', 'proc-macro'];

export function targetsOf(metadata: string): CargoTarget[] {
  const targets: CargoTarget[] = [];
  for (const pack of (JSON.parse(metadata) as Metadata).packages) {
    for (const target of pack.targets) {
      const first = target.kind[0] ?? '';
      const kind = libraries.includes(first) ? 'lib' : first;
      if (kind !== 'bin' && kind !== 'example' && kind !== 'test' && kind !== 'bench' && kind !== 'lib') continue;
      targets.push({ package: pack.name, manifest: pack.manifest_path, name: target.name, kind, source: target.src_path, tests: target.test ?? false });
    }
  }
  return targets;
}

function selector(target: CargoTarget): string {
  return target.kind === 'lib' ? '--lib' : `--${target.kind}=${target.name}`;
}

export interface Choice {
  label: string; // "bin server", "tests of lib shop"
  target: CargoTarget;
  cargo: string[];
  args: string[];
  tests: boolean; // cargo would run it in the package's folder, and programs where one is
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

// What a person may want to debug: programs and examples first, then tests and benches.
export function choicesOf(targets: CargoTarget[]): Choice[] {
  const run: Choice[] = [];
  const test: Choice[] = [];
  for (const target of targets) {
    const which = [`--package=${target.package}`, selector(target)];
    if (target.kind === 'bin' || target.kind === 'example') run.push({ label: `${target.kind} ${target.name}`, target, cargo: ['build', ...which], args: [], tests: false });
    if (target.kind === 'bench') test.push({ label: `bench ${target.name}`, target, cargo: ['bench', '--no-run', ...which], args: ['--bench'], tests: true });
    else if (target.tests && target.kind !== 'example') {
      const label = target.kind === 'test' ? `test ${target.name}` : `tests of ${target.kind} ${target.name}`;
      test.push({ label, target, cargo: ['test', '--no-run', ...which], args: ['--nocapture', '--test-threads=1'], tests: true });
    }
  }
  const order = (choice: Choice): number => (choice.target.kind === 'bin' ? 0 : 1);
  return [...run.sort((a, b) => order(a) - order(b)), ...test];
}

// The target that a source file belongs to: the one it is the root of, else the nearest root above it, of several the one that
// names its module (a package with main.rs and lib.rs).
export function targetOfFile(targets: CargoTarget[], file: string, read: (path: string) => string = () => ''): CargoTarget | undefined {
  const root = targets.find((target) => file === target.source);
  if (root) return root;
  const above = targets.filter((target) => file.startsWith(`${folderOf(target.source)}/`));
  const names = (target: CargoTarget): boolean => new RegExp(`\\bmod\\s+${modulesOf(target, file)[0] ?? ''}\\b`).test(read(target.source));
  const rank = (target: CargoTarget): number => folderOf(target.source).length * 10 + (names(target) ? 2 : 0) + (target.kind === 'lib' ? 1 : 0);
  return above.map((target) => ({ target, at: rank(target) })).sort((a, b) => b.at - a.at)[0]?.target;
}

// "src/cart/mod.rs" and "src/cart.rs" are the module `cart` of "src/lib.rs".
export function modulesOf(target: CargoTarget, file: string): string[] {
  if (file === target.source) return [];
  const parts = file.slice(folderOf(target.source).length + 1).replace(/\.rs$/, '').split('/');
  return parts.at(-1) === 'mod' ? parts.slice(0, -1) : parts;
}

// ---- the `cargo` key

export interface CargoKey {
  args: string[];
  env: Record<string, string>;
  cwd?: string;
  filter: { name?: string; kind?: string };
}

function strings(value: unknown, where: string): string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw new Error(`${where}: expected a list of strings, not ${JSON.stringify(value)}`);
  return value as string[];
}

export function readCargoKey(value: unknown): CargoKey {
  if (Array.isArray(value)) return { args: strings(value, 'cargo'), env: {}, filter: {} };
  if (typeof value !== 'object' || value === null) throw new Error(`cargo: expected a list of strings or an object, not ${JSON.stringify(value)}`);
  const object = value as Record<string, unknown>;
  const key: CargoKey = { args: strings(object['args'] ?? ['build'], 'cargo.args'), env: {}, filter: {} };
  for (const [name, text] of Object.entries((object['env'] as Record<string, unknown> | undefined) ?? {})) key.env[name] = String(text);
  if (typeof object['cwd'] === 'string') key.cwd = object['cwd'];
  const filter = object['filter'] as { name?: unknown; kind?: unknown } | undefined;
  if (typeof filter?.name === 'string') key.filter.name = filter.name;
  if (typeof filter?.kind === 'string') key.filter.kind = filter.kind;
  return key;
}

// The command line that builds and does not run, and what stood behind `--`, which is the program's.
export function buildCommand(args: string[]): { cargo: string[]; program: string[] } {
  const dashes = args.indexOf('--');
  const words = dashes < 0 ? [...args] : args.slice(0, dashes);
  const program = dashes < 0 ? [] : args.slice(dashes + 1);
  let at = words.findIndex((word) => !word.startsWith('-') && !word.startsWith('+'));
  if (at < 0) {
    at = words.length;
    words.push('build');
  }
  if (words[at] === 'run' || words[at] === 'r') words[at] = 'build';
  if (['test', 't', 'bench'].includes(words[at] ?? '') && !words.includes('--no-run')) words.splice(at + 1, 0, '--no-run');
  const kept = words.filter((word) => !word.startsWith('--message-format'));
  kept.splice(kept.indexOf(words[at] ?? '') + 1, 0, '--message-format=json');
  return { cargo: kept, program };
}

// Why cargo can't be started, in words. (Of a folder that is not there, too, the system says that the program is not there.)
export function notStarted(why: string, folder: string, exists: (path: string) => boolean): string {
  if (!exists(folder)) return `cargo can't be started in ${folder}: there is no such folder.`;
  return `cargo can't be started: ${why}. Is Rust installed, and its bin folder on PATH? See https://rustup.rs`;
}

// ---- messages of a build

export interface Executable {
  path: string;
  name: string;
  kind: string;
  test: boolean;
  manifest: string;
}
export interface Problem {
  file: string; // as rustc told it
  manifest: string;
  line: number; // from 1, as are the others
  column: number;
  endLine: number;
  endColumn: number;
  severity: 'error' | 'warning' | 'note';
  message: string;
  code?: string;
  rendered: string;
}
export type CargoMessage = { executable: Executable } | { problem: Problem } | { text: string } | undefined;

interface Span {
  file_name: string;
  line_start: number;
  line_end: number;
  column_start: number;
  column_end: number;
  is_primary: boolean;
  expansion?: { span: Span } | null;
}
interface RawMessage {
  reason: string;
  executable?: string | null;
  manifest_path?: string;
  target?: { name: string; kind: string[] };
  profile?: { test: boolean };
  message?: { message: string; level: string; code: { code: string } | null; spans: Span[]; rendered: string | null };
}

// Inside a macro of another crate: where it was used. (Files of the workspace are told relative to it.)
function inSource(span: Span | undefined): Span | undefined {
  let at = span;
  for (let depth = 0; depth < 100 && at?.expansion && !/^[^</]/.test(at.file_name); depth++) at = at.expansion.span;
  return at;
}

// cargo runs rustc in the workspace's root, which is the folder of the package's manifest or one above it.
export function fileOf(problem: Problem, exists: (path: string) => boolean): string {
  if (problem.file.startsWith('/')) return problem.file;
  const near = folderOf(problem.manifest);
  for (let folder = near; folder; folder = folderOf(folder)) if (exists(`${folder}/${problem.file}`)) return `${folder}/${problem.file}`;
  return `${near}/${problem.file}`;
}

// One line of cargo's standard output; undefined if it is of no concern here.
export function readMessage(line: string): CargoMessage {
  if (!line.startsWith('{')) return undefined;
  let raw: RawMessage;
  try {
    raw = JSON.parse(line) as RawMessage;
  } catch {
    return undefined;
  }
  if (raw.reason === 'compiler-artifact' && raw.executable && raw.target) {
    const kind = raw.target.kind[0] ?? '';
    return { executable: { path: raw.executable, name: raw.target.name, kind: libraries.includes(kind) ? 'lib' : kind, test: raw.profile?.test ?? false, manifest: raw.manifest_path ?? '' } };
  }
  if (raw.reason !== 'compiler-message' || !raw.message) return undefined;
  const { message, level, code, spans, rendered } = raw.message;
  const span = inSource(spans.find((one) => one.is_primary) ?? spans[0]);
  if (!span) return rendered ? { text: rendered } : undefined;
  const severity = level.startsWith('error') ? 'error' : level === 'warning' ? 'warning' : 'note';
  const problem: Problem = { file: span.file_name, manifest: raw.manifest_path ?? '', line: span.line_start, column: span.column_start, endLine: span.line_end, endColumn: span.column_end, severity, message, rendered: rendered ?? message };
  if (code) problem.code = code.code;
  return { problem };
}

// `command` is cargo's: a build of tests makes the package's programs, too, which its tests may start; they aren't meant.
export function matching(executables: Executable[], filter: CargoKey['filter'], command: string[] = []): Executable[] {
  const fitting = executables.filter((one) => (filter.name === undefined || one.name === filter.name) && (filter.kind === undefined || one.kind === filter.kind));
  const tests = command.includes('--no-run') ? fitting.filter((one) => one.test) : [];
  return tests.length ? tests : fitting;
}

// What `cargo run` and `cargo test` would set for the program.
export function environmentOf(executable: Executable): Record<string, string> {
  const folder = folderOf(executable.manifest);
  return folder ? { CARGO_MANIFEST_DIR: folder } : {};
}

// ---- tests in a source file

export interface TestLens {
  line: number; // from 0
  name: string; // with the modules of the file that it is in
  whole: boolean; // false: what is named so is many tests, with names behind it
}

// Functions under an attribute that ends in `test` (#[test], #[tokio::test(...)], #[async_std::test]) or makes tests of a
// function (#[rstest], #[test_case(...)]), and main. Modules are told by their indentation, as rustfmt lays them out.
export function lensesOf(text: string): { tests: TestLens[]; main?: number } {
  const tests: TestLens[] = [];
  const modules: { indent: number; name: string }[] = [];
  let main: number | undefined;
  let marked: 'one' | 'many' | undefined;
  text.split('\n').forEach((line, number) => {
    const indent = line.search(/\S/);
    if (indent >= 0 && line[indent] === '}') while (modules.length && (modules.at(-1)?.indent ?? 0) >= indent) modules.pop();
    const module = /^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*\{(?!.*\})/.exec(line);
    if (module) modules.push({ indent, name: module[1] ?? '' });
    if (/^\s*#\[(?:\w+::)*(?:rstest|test_case|case)\b/.test(line)) marked = 'many';
    else if (/^\s*#\[(?:\w+::)*test(?:\(|\])/.test(line)) marked ??= 'one';
    const found = /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?(?:unsafe\s+)?fn\s+(\w+)/.exec(line);
    if (!found) return;
    if (marked) tests.push({ line: number, name: [...modules.map((one) => one.name), found[1]].join('::'), whole: marked === 'one' });
    else if (found[1] === 'main' && !/^\s/.test(line)) main ??= number;
    marked = undefined;
  });
  return main === undefined ? { tests } : { tests, main };
}
