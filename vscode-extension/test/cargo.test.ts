import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildCommand, choicesOf, fileOf, lensesOf, matching, modulesOf, notStarted, readCargoKey, readMessage, targetOfFile, targetsOf } from '../src/cargo';

const metadata = JSON.stringify({
  packages: [
    {
      name: 'shop',
      manifest_path: '/w/shop/Cargo.toml',
      targets: [
        { name: 'shop', kind: ['lib'], src_path: '/w/shop/src/lib.rs', test: true },
        { name: 'server', kind: ['bin'], src_path: '/w/shop/src/main.rs', test: true },
        { name: 'tour', kind: ['example'], src_path: '/w/shop/examples/tour.rs', test: true },
        { name: 'orders', kind: ['test'], src_path: '/w/shop/tests/orders.rs', test: true },
        { name: 'speed', kind: ['bench'], src_path: '/w/shop/benches/speed.rs', test: false },
        { name: 'build-script-build', kind: ['custom-build'], src_path: '/w/shop/build.rs', test: false },
      ],
    },
  ],
});

test('targets become choices, programs first', () => {
  const choices = choicesOf(targetsOf(metadata));
  assert.deepEqual(choices.map((one) => one.label), ['bin server', 'example tour', 'tests of lib shop', 'tests of bin server', 'test orders', 'bench speed']);
  assert.deepEqual(choices[0]?.cargo, ['build', '--package=shop', '--bin=server']);
  assert.deepEqual(choices[2]?.cargo, ['test', '--no-run', '--package=shop', '--lib']);
});

test('a file belongs to the target whose root it is, else to the one it lies under', () => {
  const targets = targetsOf(metadata);
  assert.equal(targetOfFile(targets, '/w/shop/src/main.rs')?.name, 'server');
  assert.equal(targetOfFile(targets, '/w/shop/src/cart/mod.rs')?.kind, 'lib');
  assert.equal(targetOfFile(targets, '/w/shop/tests/orders.rs')?.name, 'orders');
  assert.equal(targetOfFile(targets, '/elsewhere/x.rs'), undefined);
  assert.equal(targetOfFile(targets, '/w/shop/src/till.rs', (path) => (path.endsWith('main.rs') ? 'mod till;' : 'mod cart;'))?.name, 'server');
  const lib = targets[0];
  assert.ok(lib);
  assert.deepEqual(['lib', 'cart', 'cart/mod', 'cart/item'].map((file) => modulesOf(lib, `/w/shop/src/${file}.rs`).join('::')), ['', 'cart', 'cart', 'cart::item']);
});

test('a build command builds, never runs, and speaks JSON', () => {
  assert.deepEqual(buildCommand(['run', '--bin=server', '--', '--port', '1']), { cargo: ['build', '--message-format=json', '--bin=server'], program: ['--port', '1'] });
  assert.deepEqual(buildCommand(['test', '--lib']).cargo, ['test', '--message-format=json', '--no-run', '--lib']);
  assert.deepEqual(buildCommand(['+nightly', 'test', '--no-run']).cargo, ['+nightly', 'test', '--message-format=json', '--no-run']);
  assert.deepEqual(buildCommand(['--release', '--message-format=short']).cargo, ['--release', 'build', '--message-format=json']);
});

test('the cargo key has two shapes, and an error names what is wrong', () => {
  assert.deepEqual(readCargoKey(['build']).args, ['build']);
  assert.deepEqual(readCargoKey({ args: ['test'], filter: { kind: 'test' } }).filter, { kind: 'test' });
  assert.throws(() => readCargoKey('build'), /cargo: expected a list/);
  assert.throws(() => readCargoKey({ args: [1] }), /cargo\.args: expected a list of strings/);
});

test('why cargo is not started', () => {
  assert.match(notStarted('spawn cargo ENOENT', '/w', () => true), /spawn cargo ENOENT\. Is Rust installed/);
  assert.match(notStarted('spawn cargo ENOENT', '/w', () => false), /in \/w: there is no such folder/);
});

test('messages of a build', () => {
  const artifact = readMessage(JSON.stringify({ reason: 'compiler-artifact', manifest_path: '/w/Cargo.toml', target: { name: 'server', kind: ['bin'] }, profile: { test: false }, executable: '/w/target/debug/server' }));
  assert.ok(artifact && 'executable' in artifact);
  assert.equal(artifact.executable.path, '/w/target/debug/server');
  assert.equal(readMessage(JSON.stringify({ reason: 'compiler-artifact', target: { name: 'x', kind: ['lib'] }, executable: null })), undefined);
  assert.equal(readMessage('what a build script prints'), undefined);
  assert.equal(readMessage('{broken'), undefined);
  const span = { file_name: 'src/main.rs', line_start: 3, line_end: 3, column_start: 5, column_end: 9, is_primary: true };
  const error = readMessage(JSON.stringify({ reason: 'compiler-message', message: { message: 'mismatched types', level: 'error', code: { code: 'E0308' }, spans: [span], rendered: 'error[E0308]' } }));
  assert.ok(error && 'problem' in error);
  assert.deepEqual([error.problem.line, error.problem.severity, error.problem.code], [3, 'error', 'E0308']);
  const executables = [artifact.executable, { ...artifact.executable, name: 'tour', kind: 'example' }];
  assert.deepEqual(matching(executables, { kind: 'example' }).map((one) => one.name), ['tour']);
  const harness = { ...artifact.executable, name: 'orders', kind: 'test', test: true };
  const made = [artifact.executable, harness]; // cargo builds programs for integration tests
  assert.deepEqual(matching(made, {}, buildCommand(['test', '--test=orders']).cargo).map((one) => one.name), ['orders']);
  assert.equal(matching(made, {}, buildCommand(['build', '--all-targets']).cargo).length, 2);
});

test('a problem lies in a file of the workspace', () => {
  const span = (file_name: string, line: number, expansion?: object) => ({ file_name, line_start: line, line_end: line, column_start: 1, column_end: 2, is_primary: true, ...(expansion ? { expansion } : {}) });
  const read = (spans: object[]) => readMessage(JSON.stringify({ reason: 'compiler-message', manifest_path: '/w/shop/cart/Cargo.toml', message: { message: 'm', level: 'error', code: null, spans, rendered: 'm' } }));
  const inMacro = read([span('/rustc/59807616e1/library/core/src/macros/mod.rs', 9, { span: span('cart/src/lib.rs', 5) })]);
  assert.ok(inMacro && 'problem' in inMacro);
  assert.deepEqual([inMacro.problem.file, inMacro.problem.line], ['cart/src/lib.rs', 5]);
  // cargo runs rustc in the root of the workspace, wherever cargo itself runs
  assert.equal(fileOf(inMacro.problem, (path) => path === '/w/shop/cart/src/lib.rs'), '/w/shop/cart/src/lib.rs');
  const own = read([span('src/lib.rs', 5)]);
  assert.ok(own && 'problem' in own);
  assert.equal(fileOf(own.problem, (path) => path === '/w/shop/cart/src/lib.rs'), '/w/shop/cart/src/lib.rs');
  assert.equal(fileOf(own.problem, () => false), '/w/shop/cart/src/lib.rs');
  assert.equal(fileOf({ ...own.problem, file: '/generated/out.rs' }, () => false), '/generated/out.rs');
});

test('tests and main in a source file', () => {
  const text = ['#[tokio::main]', 'async fn main() {}', '#[tokio::test(flavor = "multi_thread")]', '#[ignore]', 'async fn buys() {}', '#[test]', 'fn sells() {}', '#[cfg(test)]', 'fn helper() {}'].join('\n');
  assert.deepEqual(lensesOf(text), { tests: [{ line: 4, name: 'buys', whole: true }, { line: 6, name: 'sells', whole: true }], main: 1 });
});

test('tests have the names of the modules that they are in, those with cases stand for several', () => {
  const text = ['mod empty {}', 'pub(crate) mod tests {', '    mod inner {', '        #[test]', '        fn a() {', '        }', '    }', '    #[rstest]', '    #[tokio::test]', '    async fn b() {}', '}', '#[test_case(1)]', 'fn c() {}', 'mod declared;', '#[test]', 'fn d() {}'];
  assert.deepEqual(lensesOf(text.join('\n')).tests.map((one) => [one.name, one.whole]), [['tests::inner::a', true], ['tests::b', false], ['c', false], ['d', true]]);
});
