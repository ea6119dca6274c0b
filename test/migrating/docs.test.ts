import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { aioTask, NbAioPoolModule } from '../../lib/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/migrating-from-bullmq.md'), 'utf8');

test('the TypeScript of docs/migrating-from-bullmq.md is that of the examples', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/write-examples.mjs', '--check', 'docs/migrating-from-bullmq.md'],
    { cwd: root, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [, quoted, all] = /^(\d+) of (\d+) regions\n$/.exec(stdout) ?? [];
  expect(quoted).toBe(all);
  expect(Number(all)).toBeGreaterThan(20);
});

test('each module of the examples is in a test', () => {
  const here = join(root, 'test/migrating');
  const names = readdirSync(join(here, 'examples'), { recursive: true, encoding: 'utf8' });
  const modules = names.filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));
  const tests = ['examples.test.ts', 'separate.test.ts'].map((name) =>
    readFileSync(join(here, name), 'utf8'),
  );
  expect(modules.length).toBeGreaterThan(10);
  expect(
    modules.filter((name) => !tests.some((text) => new RegExp(`[/'(]${basename(name)}\\.[jt]s'`).test(text))),
  ).toEqual([]);
});

describe('no example is longer than its counterpart', () => {
  const rows = page.split('<tr valign="top">').slice(1);
  const pairs = rows.map((row) => {
    const [bullmq = '', ours = ''] = row.split('</td></tr>')[0]!.split('</td><td>');
    const [, name = ''] = /<!-- example: (\S+) -->/.exec(ours) ?? [];
    return [name, linesOf(bullmq, 'typescript'), linesOf(ours, 'ts')] as const;
  });

  test.each(pairs)('%s: %i lines with BullMQ, %i here', (name, bullmq, ours) => {
    expect(name).not.toBe('');
    expect(ours).toBeGreaterThan(0);
    expect(ours).toBeLessThanOrEqual(bullmq);
  });

  test('and together they are much shorter', () => {
    const sum = (of: 1 | 2): number => pairs.reduce((total, pair) => total + pair[of], 0);
    expect(pairs.length).toBeGreaterThan(15);
    expect(sum(2)).toBeLessThan(0.75 * sum(1));
  });
});

describe('what is not there yet is refused, so that the page is changed when it comes', () => {
  const transcode = aioTask({ queue: 'audio', broker: 'memory' }, async (file: string) => file);

  test.each([
    { delay: 3_000 },
    { priority: 2 },
    { lifo: true },
    { jobId: 'a' },
    { repeat: {} },
    { attempts: 3 },
  ])('with(%j)', (options) => {
    expect(() => transcode.with(options as never)).toThrow(
      expect.objectContaining({ code: 'NB_OPTION_UNKNOWN' }),
    );
  });

  test.each([{ limiter: { max: 10, duration: 1_000 } }, { rateLimit: 10 }, { removeOnComplete: true }])(
    'defaults: %j',
    (defaults) => {
      expect(() => NbAioPoolModule.forRoot({ broker: 'memory', defaults: defaults as never })).toThrow(
        expect.objectContaining({ code: 'NB_OPTION_UNKNOWN' }),
      );
    },
  );

  test.each(['registerQueue', 'registerFlowProducer'])('NbAioPoolModule.%s', (method) => {
    expect(NbAioPoolModule).not.toHaveProperty(method);
  });
});

/** Lines of code in the blocks of that language, without blank lines, comments and imports. */
function linesOf(text: string, language: string): number {
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))];
  const code = blocks.map(([, block = '']) => block.replace(/^import [^;]*;$/gm, '')).join('\n');
  return code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}
