// Scenes of building: one that is ended in its middle, one that fails, and one that a restart makes again.
import fs from 'node:fs';
import path from 'node:path';

// Of the extension that is installed below a folder.
function adapters(folder) {
  const exe = (pid) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/exe`);
    } catch {
      return ''; // it has ended, or is another's
    }
  };
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && exe(pid).startsWith(folder) && exe(pid).endsWith('/bin/stackful')).map(Number);
}

export const builds = {
  workspace: 'tests/clients/hold',
  open: 'src/main.rs:3',
  before: ({ work }) => fs.writeFileSync(path.join(work, 'hold'), ''),
  async play(ui, { line, check, work, folder }) {
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
    // An adapter that ends by itself is told.
    for (const pid of adapters(folder)) process.kill(pid, 'SIGKILL');
    await ui.until('the debugger itself ended');
  },
};

// A folder that is no cargo package itself, with a workspace of two packages below it.
export const nested = {
  workspace: 'tests/clients/hold',
  open: 'back/cart/src/item.rs:7',
  before({ folder }) {
    const top = path.join(folder, 'nested');
    const write = (name, ...lines) => {
      fs.mkdirSync(path.dirname(path.join(top, name)), { recursive: true });
      fs.writeFileSync(path.join(top, name), `${lines.join('\n')}\n`);
    };
    const manifest = (name) => ['[package]', `name = "${name}"`, 'version = "0.1.0"', 'edition = "2021"'];
    write('back/Cargo.toml', '[workspace]', 'members = ["cart", "shop"]', 'resolver = "2"');
    write('back/cart/Cargo.toml', ...manifest('cart'));
    write('back/shop/Cargo.toml', ...manifest('shop'));
    write('back/shop/src/main.rs', 'fn main() {', '    println!("sold");', '}');
    write('back/cart/src/lib.rs', 'pub mod item;');
    write('back/cart/src/item.rs', '#[cfg(test)]', 'mod tests {', '    #[test]', '    fn price() {', '        assert_eq!(6 * 7, 42);', '    }', '    // here', '    #[test]', '    fn price_of_two() {}', '}');
    write('back/cart/tests/reads.rs', '#[test]', 'fn reads() {', '    assert!(std::fs::read("tests/data.txt").is_ok());', '}');
    write('back/cart/tests/data.txt', 'a test runs in the folder of its package');
    return { folder: top };
  },
  async play(ui, { check }) {
    const offered = await ui.choose('stackful: Debug a Program or Test of this Workspace', 'test reads');
    check('what is offered', ['bin shop', 'tests of lib cart', 'test reads', 'Attach'].every((name) => offered.some((row) => row.startsWith(name))), offered);
    await ui.until('test reads \\.\\.\\. ok');
    await ui.end();
    const again = await ui.choose('stackful: Debug a Program or Test of this Workspace', 'bin shop');
    check('what was chosen is first', again[0].startsWith('test reads'), again);
    await ui.until('^sold$');
    await ui.end();
    await ui.clickUntil(/Debug \(stackful\)/, async () => /cargo test/.test((await ui.notices()).join()) || (await ui.page.locator('.debug-toolbar, .statusbar.debugging').count()) > 0 || ui.shows('tests::price'));
    await ui.until('test item::tests::price \\.\\.\\. ok');
    check('the lens is for one test', (await ui.shows('1 passed.*1 filtered out')) && !(await ui.shows('price_of_two \\.\\.\\.')));
  },
};
