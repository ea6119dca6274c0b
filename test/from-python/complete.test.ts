import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** As a reader's project may have them; for the decorators of Nest, too. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  noEmit: true,
  paths: {
    'nestjs-nb-aiopool': [join(root, 'lib/index.ts')],
    'nestjs-nb-aiopool/*': [join(root, 'lib/*/index.ts')],
  },
};

/** The blocks that begin with an import, so that they look complete: by the name of a file beside what they import. */
function completeBlocks(page: string): Map<string, string> {
  const [, examples = ''] = /^<!-- examples: (\S+) -->$/m.exec(page) ?? [];
  const all = [...page.matchAll(/^<!-- example: (\S+?)#(\w+) -->\n\n```ts\n([^]*?)^```$/gm)];
  return new Map(
    all
      .filter(([, , , code = '']) => /^(\/\/.*\n)*import /.test(code))
      .map(([, file = '', region = '', code = '']) => [
        join(dirname(join(root, examples, file)), `${region}.block.ts`),
        code,
      ]),
  );
}

/** What the compiler says of each block by itself. */
function faultsOf(blocks: ReadonlyMap<string, string>): string[] {
  const disk = ts.createCompilerHost(OPTIONS);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => blocks.has(name) || disk.fileExists(name),
    readFile: (name) => blocks.get(name) ?? disk.readFile(name),
    getSourceFile: (name, version, ...more) => {
      const code = blocks.get(name);
      return code === undefined
        ? disk.getSourceFile(name, version, ...more)
        : ts.createSourceFile(name, code, version);
    },
  };
  const program = ts.createProgram([...blocks.keys()], OPTIONS, host);
  return [...blocks.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((each) => `${name}: ${ts.flattenDiagnosticMessageText(each.messageText, '\n')}`);
  });
}

test.each([
  ['docs/from-python.md', 20],
  ['docs/migrating-from-bullmq.md', 5],
])(
  'each TypeScript block of %s that begins with its imports compiles by itself',
  (page, least) => {
    const blocks = completeBlocks(read(page));
    expect(faultsOf(blocks)).toEqual([]);
    expect(blocks.size).toBeGreaterThan(least);
  },
  60_000,
);

test('the compiler would see what is missing, and what is wrong', () => {
  const page = read('docs/from-python.md')
    .replace(/,\s+type PoolFuture,/, ',')
    .replace('maxConcurrency: 10,', 'max_concurrency: 10,');
  expect(faultsOf(completeBlocks(page))).toEqual([
    expect.stringMatching(/quickStart.*'max_concurrency' does not exist/s),
    expect.stringMatching(/quickStart.*Cannot find name 'PoolFuture'/s),
  ]);
}, 60_000);
