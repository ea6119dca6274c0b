import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../redis-server.js';
import { startEntry, type SampleProcess } from './sample-process.js';

const SAMPLE = '05-guards-and-validation';
const ORDER = { email: 'ann@example.org', card: '4242', items: [{ sku: 'tea', copies: 2 }] };
// It builds the sample, if need be.
const BUILDING = 120_000;

test(
  'npm run sample:05 shows what becomes of each kind of message',
  async () => {
    const { code, stdout, stderr } = await startEntry(SAMPLE, 'main').ended;
    expect({ code, stderr: stderr.replace(/^Building .*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^An order\n {4}done, 1 copies, after 1 run$/m);
    expect(stdout).toMatch(/^An unknown tenant\n {4}dead \(failed\), .*TenantGuard.*, after 0 runs$/m);
    expect(stdout).toMatch(/\n10 of 10 as expected\n$/);
    expect(stdout).not.toContain('BUT EXPECTED');
  },
  BUILDING,
);

describe('npm run sample:05 -- --serve', () => {
  let url: string;
  let app: SampleProcess;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    app = startEntry(SAMPLE, 'main', ['--serve'], { PORT: String(port) });
    await app.says(/POST \/orders at http/);
  }, BUILDING);

  afterAll(async () => {
    app.kill('SIGTERM');
    await app.ended;
  });

  const post = (body: unknown, tenant = 'acme'): Promise<Response> =>
    fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant': tenant },
      body: JSON.stringify(body),
    });

  test('accepts an order', async () => {
    const response = await post(ORDER);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ id: expect.any(String) });
  });

  test.each([
    [{ ...ORDER, items: [] }, ['items: ']],
    [{ ...ORDER, items: [{ sku: 'tea', copies: 0 }] }, ['items.0.copies: ']],
    [{}, ['email: ', 'card: ', 'items: ']],
    [[], [': ']],
  ])('refuses %j with 400 and the issues', async (body, issues) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    const { message } = (await response.json()) as { message: string[] };
    expect(message).toEqual(issues.map((issue) => expect.stringContaining(issue)));
  });

  test('refuses an unknown tenant with 403', async () => {
    expect((await post(ORDER, 'globex')).status).toBe(403);
  });

  test('says that a message is dead, without what is in it', async () => {
    expect((await post({ ...ORDER, card: '4000' })).status).toBe(202);
    const [line] = await app.says(/^.*'place'.*is dead \(failed\).*$/m);
    expect(line).toContain('The card is declined');
    expect(line).not.toContain('ann@');
  });
});
