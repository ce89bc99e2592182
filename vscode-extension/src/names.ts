// Names of variables in Rust source, as far as its text tells: what the editor shows values of, behind the lines.

export interface Name {
  line: number; // from 0
  start: number;
  name: string;
}

const noVariables = new Set(
  (
    'as async await break const continue crate dyn else enum extern false fn for gen if impl in let loop match mod move mut pub ref return static struct super trait true type unsafe use where while yield ' +
    'bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize'
  ).split(' '),
);

// The line of the `fn` that a line lies in: the nearest above that is indented less.
export function headOf(lines: readonly string[], at: number): number {
  const indent = (text: string): number => text.search(/\S|$/);
  const own = indent(lines[at] ?? '');
  for (let line = at; line >= 0; line--) {
    const text = lines[line] ?? '';
    if (/^\s*(?:[\w()":]+\s+)*fn\s+\w+/.test(text) && (line === at || indent(text) < own || own === 0)) return line;
  }
  return at;
}

// A comment, a text, a character or lifetime, or a word.
const token = /\/\/.*|\/\*|r(#*)"|b?"|b?'(?:\\.[^']*|[^\\'])'|'\w+|[A-Za-z_]\w*|\S/g;

// The names in the lines from `from` to `to`. In the last line not those that it declares: they have no value yet.
export function namesOf(lines: readonly string[], from: number, to: number): Name[] {
  const found: Name[] = [];
  let ends: string | RegExp | undefined; // of the comment or text that has begun
  for (let line = from; line <= to; line++) {
    const text = lines[line] ?? '';
    let before = '';
    let declares = false;
    let at = 0;
    while (at < text.length) {
      if (ends) {
        const rest = text.slice(at);
        const end = typeof ends === 'string' ? rest.indexOf(ends) + ends.length : (ends.exec(rest)?.[0].length ?? 0);
        if (typeof ends === 'string' ? !rest.includes(ends) : end === 0) break;
        at += end;
        ends = undefined;
        continue;
      }
      token.lastIndex = at;
      const match = token.exec(text);
      if (!match) break;
      const [word, hashes] = match;
      at = token.lastIndex;
      if (word.startsWith('//')) break;
      if (word === '/*') ends = '*/';
      else if (hashes !== undefined) ends = `"${hashes}`;
      else if (word === '"' || word === 'b"') ends = /^(?:\\.|[^"\\])*"/;
      else if (/^[a-z_]\w*$/.test(word) && word !== '_' && !noVariables.has(word)) {
        const behind = text.slice(at).trimStart();
        const isPath = before === '.' || before === '::' || /^(?:\(|::|!(?!=))/.test(behind);
        if (!isPath && !(declares && line === to)) found.push({ line, start: match.index, name: word });
      }
      if (word === 'let' || word === 'for') declares = true;
      if (word === '=' || word === 'in') declares = false;
      before = word === ':' && before === ':' ? '::' : word;
    }
  }
  return found;
}
