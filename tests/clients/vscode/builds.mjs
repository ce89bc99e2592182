// Scenes of building: one that is ended in its middle, one that fails, and one that a restart makes again.
import fs from 'node:fs';
import path from 'node:path';

export const builds = {
  workspace: 'tests/clients/hold',
  open: 'src/main.rs:3',
  before: ({ work }) => fs.writeFileSync(path.join(work, 'hold'), ''),
  async play(ui, { line, check, work }) {
    const source = path.join(work, 'src/main.rs');
    const text = fs.readFileSync(source, 'utf8');
    const waits = (what, probe) => ui.poll(async () => `${what}; shown: ${(await ui.notices()).join(' | ')}`, probe);
    const building = async () => /cargo build/.test((await ui.notices()).join());
    await ui.breakpoint(line('word'));
    // Shift+F5 while cargo builds ends the build.
    await ui.key('F5');
    await waits('a build', building);
    await waits('the end of the build', async () => {
      await ui.key('Shift+F5');
      return !(await building());
    });
    fs.rmSync(path.join(work, 'hold'));
    // A build that fails: its problems are shown, and the next F5 is taken.
    fs.writeFileSync(source, text.replace('"first"', 'first'));
    await ui.key('F5');
    await ui.until('ended with 1 error');
    await ui.page.locator('.notification-list-item .monaco-button', { hasText: 'Show Problems' }).click();
    await ui.until('cannot find value `?first');
    await ui.shot('problems');
    fs.writeFileSync(source, text);
    await ui.palette('View: Focus First Editor Group');
    await ui.step('F5');
    check('nothing is asked', !(await ui.notices()).length, await ui.notices());
    // A restart builds what was changed meanwhile.
    fs.writeFileSync(source, text.replace('first', 'second'));
    await ui.page.keyboard.press('Control+Shift+F5');
    await waits('the changed program', async () => {
      await ui.waitStop();
      return (await ui.variables()).some((row) => row.name === 'word' && row.value.includes('second'));
    });
  },
};
