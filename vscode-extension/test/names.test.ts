import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf, namesOf } from '../src/names';

const source = `struct Shop;
impl Shop {
    // not here: other
    pub(crate) async fn serve(&self, mut id: u64) -> Result<u64, Error> {
        let text = "id {id}"; // id again
        let raw = r#"a "quoted" word"#;
        /* id and
           text */ let tax = price(id).await?;
        for item in self.items.iter().filter(|x| x.id == id) {
            let more = item.price + tax * b'c' as u64;
            println!("{}", more);
        }
        let 'a' = 'b';
        Ok(id)
    }
}`.split('\n');

const names = (from: number, to: number): string[] => namesOf(source, from, to).map((one) => `${one.line}:${one.name}`);

test('a line lies in the nearest fn above that is indented less', () => {
  assert.equal(headOf(source, 9), 3);
  assert.equal(headOf(source, 3), 3);
  assert.equal(headOf(['fn main() {', 'let x = 1;', '}'], 1), 0);
  assert.equal(headOf(['fn main() {', '  let x = 1;', '}'], 2), 0);
});

test('names of variables are found; not calls, fields, macros, comments, or what texts say', () => {
  assert.deepEqual(names(3, 5), ['3:self', '3:id', '4:text']);
  assert.deepEqual(names(6, 8), ['7:tax', '7:id', '8:self', '8:x', '8:x', '8:id']);
});

test('what the last line declares has no value yet', () => {
  assert.deepEqual(names(9, 9), ['9:item', '9:tax']);
  assert.deepEqual(names(9, 10), ['9:more', '9:item', '9:tax', '10:more']);
});

test('a name is where it stands', () => {
  assert.deepEqual(namesOf(['  x + yz'], 0, 0), [
    { line: 0, start: 2, name: 'x' },
    { line: 0, start: 6, name: 'yz' },
  ]);
});
