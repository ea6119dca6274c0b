import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

/** What an editor shows of the last `send` in this text. */
const SOURCE = `
import { AioTask, type Tasks } from './lib/index.js';
abstract class MailTasks {
  /** Sends one mail, at most once a minute. */
  @AioTask('mails')
  async send(to: string): Promise<void> {}
}
export const use = (mails: Tasks<MailTasks>) => mails.send;
`;

test("an editor shows a method's own documentation on its handle", () => {
  const file = fileURLToPath(new URL('../../hover.ts', import.meta.url));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    experimentalDecorators: true,
    skipLibCheck: true,
    types: ['node'],
  };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const text = name === file ? SOURCE : ts.sys.readFile(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => fileURLToPath(new URL('../..', import.meta.url)),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
  });
  const shown = service.getQuickInfoAtPosition(file, SOURCE.lastIndexOf('send'));
  expect(ts.displayPartsToString(shown?.documentation)).toBe('Sends one mail, at most once a minute.');
  expect(ts.displayPartsToString(shown?.displayParts)).toBe(
    '(property) send: TaskHandle<[to: string], void, false>',
  );
});
