// The scenes: what is done in VS Code, and what must be seen. Each begins at a stop in a line, by F5 in a Cargo project without a
// launch.json, unless it says otherwise. Pictures named `picture-...` are those of README.md.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { builds, nested } from './builds.mjs';
import { clicks, lens, pickers, setups } from './clicks.mjs';

const many = 'tests/clients/many';
const hung = 'tests/fixtures/hung';
const waits = 'tests/fixtures/waits';
const atRest = /"root": *"waits::limited"/;
const has = (program) => execFileSync('sh', ['-c', `command -v ${program} || true`], { encoding: 'utf8' }).trim();
const named = (rows, kind, regex) => rows.filter((row) => row.kind === kind && regex.test(row.name ?? ''));

export const scenes = {
  // A stop in a task among ten thousand, a step over an await, the console, marks on lines, the Tasks view and a click in it.
  many: {
    workspace: many,
    break: 'tax',
    async play(ui, { line, check }) {
      const rows = await ui.callStack();
      const frame = rows.find((row) => row.kind === 'frame');
      check('the stopped task is first', /^task \d+ .*many::checkout/.test(rows.find((row) => row.kind !== 'session').name), rows.slice(0, 3));
      check('its frame', frame.name === 'many::checkout' && frame.line.startsWith(`${line('tax')}:`), frame);
      await ui.step('F10');
      await ui.step('F10');
      await ui.at(line('stop'));
      await ui.until('tax = 20'); // behind the line that declares it
      check('an expression', (await ui.ask('tax + 1')) === '21');
      const told = await ui.ask('async task checkout|reader');
      check('a step over an await, and a command', told.includes(`src/main.rs:${line('stop')}`) && /2 of 10,?002 tasks match/.test(told), told);
      await ui.shot('picture-stop');
      await ui.ask('tasks max 30');
      await ui.palette('Focus on Workers View');
      await ui.until('parked');
      await ui.palette('Focus on Tasks View');
      await ui.until('× ?9,?000');
      await ui.openRow('^many::request.*9,?000');
      await ui.openRow('^task \\d+.*sleep');
      await ui.nextRow('^many::request');
      await ui.key('Enter');
      await ui.at(line('request'));
      await ui.shot('picture-tasks');
    },
  },
  clicks,
  pickers,
  setups,
  lens,
  builds,
  nested,
  // A deadlock in the wait graph, and keys that go to its line.
  waits: {
    workspace: hung,
    break: 'tick',
    async play(ui, { line, check }) {
      await ui.step('F5');
      await ui.palette('stackful: Show Wait Graph');
      await ui.until('1 deadlock, \\d+ tasks');
      await ui.shot('picture-waits');
      await ui.key('Tab');
      await ui.until('^task \\d+ · .*main.rs:\\d+$');
      await ui.key('Enter');
      await ui.palette('View: Focus First Editor Group');
      const cursor = await ui.cursor();
      check('keys in the wait graph go to a line of the cycle', ['first', 'second'].some((mark) => cursor.startsWith(`Ln ${line(mark)},`)), cursor);
    },
  },
  // The same of a thousand pairs and a hundred chains.
  crowd: {
    workspace: 'tests/clients/crowd',
    break: 'tick',
    async play(ui, { line }) {
      await ui.palette('stackful: Show Wait Graph');
      await ui.until('1 deadlock, [\\d,]+ tasks');
      await ui.shot('graph');
      await ui.key('Tab');
      await ui.until('^task \\d+ · .*main.rs:\\d+$');
      await ui.key('Enter');
      await ui.palette('View: Focus First Editor Group');
      await ui.at(line('takes'));
    },
  },
  // A task is pinned by the menu of the call stack, and stays when the list is cut.
  pins: {
    workspace: many,
    break: 'tax',
    async play(ui, { check }) {
      await ui.menuStack(/many::reader/, 'Pin');
      await ui.waitStop();
      await ui.ask('tasks max 1');
      await ui.until('more tasks');
      check('a pinned task stays in a list that is cut', named(await ui.callStack(), 'thread', /many::reader/).length);
      await ui.menuStack(/many::reader/, 'Unpin');
      await ui.waitStop();
      check('one that is no longer pinned does not', !named(await ui.callStack(), 'thread', /many::reader/).length);
    },
  },
  // Each page of the walkthrough, and the button of one.
  walkthrough: {
    workspace: hung,
    break: 'tick',
    async play(ui) {
      await ui.choose('Welcome: Open Walkthrough...', 'Debug async Rust');
      await ui.until('Read a stop');
      for (const [title, text] of [
        ['Read a stop', 'the last row says'],
        ['All tasks, grouped', 'The Tasks view has'],
        ['Who waits for whom', 'shows deadlocks'],
        ['Step like the task', 'whichever worker'],
        ['Attach, or look at a core file', 'servers that crashed'],
      ]) {
        await ui.click(new RegExp(`^${title}$`));
        await ui.until(text);
        await ui.shot(title.replaceAll(/\W+/g, '-'));
      }
      await ui.click(/^Who waits for whom$/);
      await ui.click(/Show the Wait Graph/);
      await ui.until('deadlock');
    },
  },
  // A core file: the stack of a task that waits in a select!, the variables of a suspended async fn.
  core: {
    workspace: waits,
    lacks: () => !has('gcore') && 'gcore is not here (Debian package gdb)',
    async before({ running, folder }) {
      const program = await running('waits', atRest);
      execFileSync('gcore', ['-o', path.join(folder, 'core'), String(program.pid)], { stdio: 'ignore' });
      program.kill();
      return { launch: { request: 'attach', coreFile: path.join(folder, `core.${program.pid}`) } };
    },
    open: 'src/main.rs:1',
    async play(ui, { check }) {
      await ui.palette('Debug: Start Debugging');
      await ui.waitStop();
      await ui.layout(['Watch', 'Breakpoints']);
      await ui.expandStack(/waits::selects/);
      await ui.expandStack(/waits::chain/);
      await ui.frame(/^waits::middle/);
      await ui.until('order');
      await ui.shot('picture-core');
      const rows = await ui.callStack();
      check("a task's frames of suspended async fns", named(rows, 'frame', /^waits::middle$/).length && named(rows, 'frame', /^waits::chain$/).length, rows);
      check('the branches of a select!', named(rows, 'frame', /branch/).length >= 2, rows);
      const variables = Object.fromEntries((await ui.variables()).map((row) => [row.name, row.value]));
      check('the variables of a suspended async fn', variables.order === '42' && variables.name?.includes('order 42'), variables);
    },
  },
  // A running program: attach, pause, let it go.
  attach: {
    workspace: waits,
    async before({ running }) {
      const program = await running('waits', atRest);
      return { program, launch: { request: 'attach', pid: program.pid } };
    },
    open: 'src/main.rs:1',
    async play(ui, { check, program }) {
      await ui.palette('Debug: Start Debugging');
      await ui.until('Running');
      await ui.page.keyboard.press('F6');
      await ui.waitStop();
      check('tasks of the attached program', named(await ui.callStack(), 'thread', /waits::limited/).length, await ui.callStack());
      const told = await ui.ask('async task limited');
      check('a command', told.includes('waits::limited'), told);
      await ui.end();
      check('the program was let go', program.exitCode === null && program.signalCode === null);
    },
  },
};
