// The examples of docs/flow.md, as they stand there; by a fake clock, and with answers from here.
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import ts from 'typescript';
import * as flow from '../../lib/flow/index.js';

const page = readFileSync(new URL('../../docs/flow.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1]!);

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

const timers = {
  setTimeout: (ms: number, value?: unknown): Promise<unknown> =>
    new Promise((resolve) => void setTimeout(resolve, ms, value)),
};

const answer = async (url: string | URL): Promise<Response> => {
  await timers.setTimeout(50);
  return Response.json(String(url));
};

const modules: Record<string, object> = {
  'node:timers/promises': timers,
  'nestjs-nb-aiopool/flow': flow,
};

type Script = (load: (name: string) => object, fetch: unknown, console: object) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...code: string[]) => Script;

/** What the block prints, run to its end. */
async function run(block: string): Promise<unknown[]> {
  const { outputText } = ts.transpileModule(block, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const code = outputText.replace(
    /import \{([^}]+)\} from '([^']+)';/g,
    (_, names: string, from: string) => `const {${names.replace(/ as /g, ': ')}} = load('${from}');`,
  );
  const printed: unknown[] = [];
  const console = { log: (...values: unknown[]) => void printed.push(...values) };
  const state = { over: false };
  const script = new AsyncFunction('load', 'fetch', 'console', code);
  const end = script((name) => modules[name]!, answer, console).finally(() => (state.over = true));
  while (!state.over) await jest.advanceTimersToNextTimerAsync();
  await end;
  return printed;
}

const title = (block: string): string => /^(?!import)\S.*/m.exec(block)![0];

test.each(blocks.map((block) => [title(block), block]))('runs: %s', async (_, block) => {
  expect(block).toContain("from 'nestjs-nb-aiopool/flow'");
  await run(block);
});

test('the sleep sort sorts', async () => {
  const block = blocks.find((each) => each.startsWith('// Sleep sort.'))!;
  expect(await run(block)).toEqual([[100, 200, 200, 300, 500, 500, 600, 700]]);
});
