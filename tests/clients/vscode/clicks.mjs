// A scene of many clicks: each of what the extension offers is used once.
import path from 'node:path';

const wait = (ui, what, probe) => ui.poll(what, probe);

export const clicks = {
  workspace: 'tests/clients/many',
  break: 'tax',
  async play(ui, { line, check }) {
    // Steps by command.
    await ui.step(() => ui.palette('Step Over in the Task (async next)'));
    await ui.step(() => ui.palette('Step Over in the Task (async next)'));
    await ui.at(line('stop'));
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
