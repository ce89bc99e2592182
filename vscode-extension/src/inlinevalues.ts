// Values behind the lines of the function that is looked at (VS Code shows them where `debug.inlineValues` lets it).
import * as vscode from 'vscode';
import { headOf, namesOf } from './names';

export const inlineValues: vscode.InlineValuesProvider = {
  provideInlineValues(document, viewPort, context) {
    if (vscode.debug.activeDebugSession?.type !== 'stackful') return [];
    const last = context.stoppedLocation.end.line;
    const lines = document.getText(new vscode.Range(0, 0, last + 1, 0)).split(/\r?\n/);
    return namesOf(lines, headOf(lines, last), last)
      .filter((one) => one.line >= viewPort.start.line && one.line <= viewPort.end.line)
      .map((one) => new vscode.InlineValueVariableLookup(new vscode.Range(one.line, one.start, one.line, one.start + one.name.length), one.name, true));
  },
};
