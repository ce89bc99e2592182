// Where the adapter is: the setting, the one inside the extension, the one on PATH. Knows no VS Code.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Found {
  path: string;
  from: 'setting' | 'bundled' | 'PATH';
}
export interface NotFound {
  message: string;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export function findAdapter(setting: string, extension: string, searchPath: string): Found | NotFound {
  if (setting) {
    if (isExecutable(setting)) return { path: setting, from: 'setting' };
    return { message: `The setting stackful.adapter names ${setting}, which is no executable file.` };
  }
  const bundled = join(extension, 'bin', 'stackful');
  if (isExecutable(bundled)) return { path: bundled, from: 'bundled' };
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, 'stackful');
    if (folder && isExecutable(path)) return { path, from: 'PATH' };
  }
  return { message: `The stackful executable is not inside the extension (${bundled}) and not on PATH. Build it with ./dev build, or tell where it is in the setting stackful.adapter.` };
}
