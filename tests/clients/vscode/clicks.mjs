// Scenes of clicks: what else the extension offers is used once.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const wait = (ui, what, probe) => ui.poll(what, probe);
const has = (program) => execFileSync('sh', ['-c', `command -v ${program} || true`], { encoding: 'utf8' }).trim();
const tree = (rows) => rows.map((row) => row.name);

export const clicks = {
  workspace: 'tests/clients/many',
  break: 'tax',
  settings: { 'stackful.unfoldTasks': true },
  async play(ui, { line, check }) {
    // The Tasks view unfolds itself. A worker's row goes to the line of the task that it polls.
    await ui.until('× ?9,?000');
    await ui.palette('Focus on Tasks View');
    await ui.openRow('^many::request.*9,?000');
    await ui.nextRow('^task \\d+');
    await ui.key('Enter');
    await ui.at(line('request'));
    await ui.palette('Focus on Workers View');
    await ui.click(/polling task \d+/);
    await ui.at(line('tax'));
    // Steps by command, and by a task's menu; what is unfolded in the Tasks view stays so.
    await ui.step(() => ui.palette('Step Over in the Task (async next)'));
    await ui.step(() => ui.menuStack(/many::checkout/, 'Step Over in the Task (async next)'));
    await ui.at(line('stop'));
    await wait(ui, 'tasks under their group', async () => (await ui.rowsOf('Tasks')).filter((row) => /^task \d+ · many::request/.test(row)).length);
    // The counts in the status bar, and where a click on them goes.
    await ui.page.locator('.statusbar-item', { hasText: '10002 tasks' }).click();
    await ui.until('× ?9,?000');
    // The filter: a regex that is wrong is told while it is typed; one that is right leaves 1,001 tasks.
    await ui.type('Filter Tasks…', ['wri(ter', 'writer|checkout'], () => ui.until('parenthesis'));
    await ui.until('1001 of 10002 tasks match');
    const rows = await ui.rowsOf('Tasks');
    check('the filtered groups', rows.length === 2 && rows.some((row) => /many::writer.*1000/.test(row)), rows);
    await ui.shot('filter');
    await ui.palette('Copy Tasks as Text');
    const text = await wait(ui, 'the text of the tasks', async () => /many::writer/.test(await ui.clipboard()) && ui.clipboard());
    check('only those that match are copied', !text.includes('many::request'), text.slice(0, 500));
    await ui.palette('Show All Tasks Again');
    await ui.until('× ?9,?000');
    const groups = await ui.choose('Group Tasks By…', 'What they wait for');
    check('ways to group', groups.length === 6, groups);
    await wait(ui, 'groups of waits', async () => (await ui.rowsOf('Tasks')).some((row) => /sleep.*9000/.test(row)));
    await ui.shot('groups');
    // The call stack's menu: hide, only, all.
    await ui.menuStack(/many::reader/, 'Hide Tasks Like This');
    await wait(ui, 'readers to be hidden', async () => !(await ui.callStack()).some((row) => /many::reader/.test(row.name)));
    await ui.menuStack(/many::request/, 'List Only Tasks Like This');
    await wait(ui, 'only requests', async () => !(await ui.callStack()).some((row) => /many::(writer|reader)/.test(row.name)));
    await ui.shot('only');
    await ui.palette('List All Tasks');
    await wait(ui, 'all again', async () => (await ui.callStack()).some((row) => /many::reader/.test(row.name)));
    // Diagnostics.
    await ui.palette('Copy Diagnostics');
    const told = await wait(ui, 'diagnostics', async () => /^extension: /.test(await ui.clipboard()) && ui.clipboard());
    check('diagnostics', /^adapter: stackful .*\(bundled\)$/m.test(told) && /^rustc: rustc /m.test(told), told);
  },
};

// The pickers: a program with tokio comes first among the processes, a core file of the workspace is offered.
export const pickers = {
  workspace: 'tests/fixtures/waits',
  open: 'src/main.rs:1',
  lacks: () => !has('gcore') && 'gcore is not here (Debian package gdb)',
  async before({ running, work }) {
    const program = await running('waits', /"root": *"waits::limited"/);
    const core = path.join(work, `core.${program.pid}`);
    execFileSync('gcore', ['-o', path.join(work, 'core'), String(program.pid)], { stdio: 'ignore' });
    return { program, core };
  },
  after: ({ core }) => fs.rmSync(core),
  async play(ui, { check, program, core }) {
    const processes = await ui.choose('stackful: Attach to a Process', String(program.pid));
    check('programs with tokio first', /with tokio/.test(processes[0]), processes.slice(0, 5));
    await ui.until('Running');
    await ui.key('F6');
    await ui.waitStop();
    check('its tasks', tree(await ui.callStack()).some((name) => /waits::limited/.test(name)));
    await ui.end();
    await ui.choose('stackful: Open a Core File', path.basename(core));
    await ui.waitStop();
    check('the tasks of the core file', tree(await ui.callStack()).some((name) => /waits::limited/.test(name)));
  },
};

// No adapter where the setting says: a message with a button that goes to the setting. Then a session that another extension
// starts as rust-analyzer's Debug lens does, taken over.
export const setups = {
  workspace: 'tests/clients/many',
  open: 'src/main.rs:21',
  settings: { 'stackful.adapter': '/nowhere/stackful' },
  async play(ui, { line, check, target, settings }) {
    await ui.breakpoint(line('tax'));
    await ui.palette('Debug: Start Debugging');
    await ui.until('names /nowhere/stackful, which is no executable file');
    await ui.shot('missing');
    await ui.page.locator('.notification-list-item .monaco-button', { hasText: 'Open Setting' }).click();
    await ui.until('executable. If empty');
    await ui.shot('setting');
    await ui.key('Escape');
    settings({ 'stackful.takeOver': true, 'starter.program': path.join(target, 'debug/many') });
    await wait(ui, 'the settings to be read', async () => {
      await ui.palette('Copy Diagnostics');
      return /"takeOver":true/.test(await ui.clipboard()) && /\(bundled\)/.test(await ui.clipboard());
    });
    await ui.palette('starter: Debug');
    await ui.waitStop();
    check('a session taken over', /many::checkout/.test(tree(await ui.callStack()).join()), await ui.callStack());
  },
};

// The lens above a test, and a step out of an async function by its command.
export const lens = {
  workspace: 'tests/clients/crowd',
  open: 'tests/orders.rs:3',
  before({ work }) {
    const text = [
      'async fn half(total: u32) -> u32 {',
      '    tokio::task::yield_now().await;',
      '    total / 2',
      '}',
      'async fn order() -> u32 {',
      '    let part = half(84).await;',
      '    part',
      '}',
      '#[tokio::test]',
      'async fn adds() {',
      '    assert_eq!(tokio::spawn(order()).await.unwrap(), 42);',
      '}',
    ];
    fs.mkdirSync(path.join(work, 'tests'), { recursive: true });
    fs.writeFileSync(path.join(work, 'tests/orders.rs'), `${text.join('\n')}\n`);
  },
  after: ({ work }) => fs.rmSync(path.join(work, 'tests'), { recursive: true }),
  async play(ui, { check }) {
    await ui.breakpoint(3);
    await ui.clickUntil(/Debug \(stackful\)/, async () => /cargo test/.test((await ui.notices()).join()) || (await ui.page.locator('.debug-toolbar, .statusbar.debugging').count()) > 0);
    await ui.waitStop();
    await ui.at(3);
    const names = tree(await ui.callStack());
    check('the test under the debugger', names.includes('orders::half') && names.includes('orders::order'), names);
    await ui.step(() => ui.palette('Step Out of the Async Function (async finish)'));
    const frames = (await ui.callStack()).filter((row) => row.kind === 'frame');
    check('the caller', frames[0]?.name === 'orders::order' && /^[67]:/.test(frames[0].line), frames);
  },
};
