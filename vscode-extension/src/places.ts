// Groups of tasks by place, as marks on the lines of files.
import type { GroupRow } from './protocol';

export interface Mark {
  line: number;
  count: number;
}

// By file. Two places of one line (two files of debug info, one file here) are added up.
export function marksOf(groups: GroupRow[]): Map<string, Mark[]> {
  const files = new Map<string, Mark[]>();
  for (const { source, line, count } of groups) {
    if (!source?.path || !line) continue;
    const marks = files.get(source.path) ?? [];
    const same = marks.find((mark) => mark.line === line);
    if (same) same.count += count;
    else marks.push({ line, count });
    files.set(source.path, marks);
  }
  return files;
}

export function markText(count: number): string {
  return count === 1 ? '1 task waits here' : `${count.toLocaleString('en')} tasks wait here`;
}
