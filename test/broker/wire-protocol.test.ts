import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { aioTask } from '../../lib/standalone/index.js';
import { newMessageId } from '../../lib/queue/message-id.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { deferred } from '../signals.js';

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

describe('docs/wire-protocol.md', () => {
  test('its transaction submits, and wakes an idle consumer', async () => {
    const ran = deferred<unknown[]>();
    const send = aioTask({ queue: 'mails', name: 'send', redis: server.url }, async (...args: unknown[]) =>
      ran.resolve(args),
    );
    const consuming = send.consume({ handleSignals: false });
    // The consumer is idle once its first claim found nothing.
    await until(client, 'heard');
    const id = newMessageId();
    await client
      .multi()
      .hset('nb:{mails}:messages', id, `{"v":1,"id":"${id}","task":"send","args":["u1"]}`)
      .rpush('nb:{mails}:ready', id)
      .rpush('nb:{mails}:wake', '1')
      .exec();
    expect(await ran.promise).toEqual(['u1']);
    await send.close();
    await consuming;
    expect(await client.keys('nb:{mails}:*')).toEqual(expect.not.arrayContaining(['nb:{mails}:messages']));
  });

  test('its call of the script stores once, however often it is sent', async () => {
    const folder = new URL('../../lib/broker/redis/scripts/', import.meta.url);
    const load = (name: string): string =>
      readFileSync(new URL(`${name}.lua`, folder), 'utf8').replaceAll(
        /^--- @include "(\w+)"$/gm,
        (_, include: string) => load(`includes/${include}`),
      );
    const id = newMessageId();
    const envelope = `{"v":1,"id":"${id}","task":"send","args":["u1"]}`;
    const keys = ['messages', 'ready', 'wake', 'producers', 'meta'].map((name) => `nb:{scripted}:${name}`);
    const args = ['my-job-4711', 1, Date.now() + 60_000, 0, `${id}0101`, envelope];
    const call = async () => ((await client.eval(load('add'), keys.length, ...keys, ...args)) as number[])[0];
    expect([await call(), await call()]).toEqual([1, 0]);
    expect(await client.lrange('nb:{scripted}:ready', 0, -1)).toEqual([id]);
    expect(await client.hgetall('nb:{scripted}:messages')).toEqual({ [id]: envelope });
  });

  test('a token with each of many messages is no work for an idle consumer', async () => {
    const seen: number[] = [];
    const many = aioTask({ queue: 'many', redis: server.url }, async (n: number) => void seen.push(n));
    const batch = client.multi();
    for (let n = 0; n < 2_000; n++) {
      const id = newMessageId();
      batch.hset('nb:{many}:messages', id, `{"v":1,"id":"${id}","task":"default","args":[${n}]}`);
      batch.rpush('nb:{many}:ready', id);
      batch.rpush('nb:{many}:wake', '1');
    }
    await batch.exec();
    const consuming = many.consume({ handleSignals: false });
    while (seen.length < 2_000) await many.getQueueSize();
    expect(await client.llen('nb:{many}:wake')).toBeLessThanOrEqual(1);
    await many.close();
    await consuming;
  });

  test('a user who may not publish still settles, and stores results', async () => {
    await client.call('ACL', 'SETUSER', 'mute', 'on', '>secret', '+@all', '~*', 'resetchannels');
    const redis = server.url.replace('//', '//mute:secret@');
    const quiet = aioTask({ queue: 'quiet', redis }, async (n: number) => n + 1);
    const sent = await quiet.with({ result: 60_000 }).submitMany([[1], [2], [3]]);
    const consuming = quiet.consume({ handleSignals: false });
    while ((await client.hlen('nb:{quiet}:messages')) > 0);
    const results = await client.mget(...sent.map(({ id }) => `nb:{quiet}:result:${id}`));
    expect(results.map((result) => JSON.parse(result ?? 'null') as unknown)).toEqual(
      [2, 3, 4].map((value) => ({ status: 'done', value })),
    );
    await quiet.close();
    await consuming;
  });

  test('the cause of a refusal holds no arguments', async () => {
    const canary = aioTask({ queue: 'canary', redis: server.url }, async (_secret: string) => {});
    await client.set('nb:{canary}:ready', 'not a list');
    const error = await canary.submit('canary-payload').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'NB_BROKER_REFUSED' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary-payload');
    await canary.close();
  });

  test('an envelope is what it says', async () => {
    const send = aioTask({ queue: 'out', redis: server.url }, async (_user: string, _year: number) => {});
    const { id } = await send.with({ result: 5_000 }).submit('u1', 2026);
    expect(JSON.parse((await client.hget('nb:{out}:messages', id)) ?? '')).toEqual({
      v: 1,
      id,
      task: 'default',
      args: ['u1', 2026],
      result: 5_000,
    });
    expect(await client.lrange('nb:{out}:ready', 0, -1)).toEqual([id]);
    expect(await client.llen('nb:{out}:wake')).toBe(1);
    await send.close();
  });
});

async function until(redis: Redis, field: string): Promise<void> {
  while ((await redis.hget('nb:{mails}:meta', field)) === null);
}
