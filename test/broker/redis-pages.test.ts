import { describe, expect, it } from '@jest/globals';
import * as fc from '../fast-check.js';
import { writePages } from '../../lib/broker/redis/pages.js';
import { LoanBook } from '../../lib/broker/redis/loan-book.js';
import { Malformed, type NewMessage, NO_HISTORY, NO_SETTLEMENTS } from '../../lib/queue/broker.js';
import { newMessageId, newPage } from '../../lib/queue/message-id.js';
import { SubmitGroup } from '../../lib/queue/submit-group.js';
import { until } from '../signals.js';
import { type Consumer, idsOf, message } from './contract-kit.js';
import { PATIENCE, useLab } from './redis-kit.js';

const lab = useLab();
const ONE_CRASH = { attempts: 0, crashes: 1, refusals: 0 };

/** Messages with consecutive ids, as those have that are submitted together. */
function pageful(count: number, pad = ''): NewMessage[] {
  const group = new SubmitGroup();
  for (let i = 0; i < count; i++) {
    const { id, envelope } = message([i, pad], group.nextId());
    group.add(id, envelope);
  }
  return [...group.messages];
}

async function store(batch: readonly NewMessage[]): Promise<string[]> {
  await (await lab().broker()).add(lab().queue, batch);
  return idsOf(batch);
}

async function driver(lease?: number, maxCrashes?: number): Promise<Consumer> {
  return lab().driver(await lab().broker(), lease, maxCrashes);
}

/** What is left of a queue in which nothing waits, is on loan, or dead. */
async function leftovers(): Promise<Record<string, unknown>> {
  const { raw, keys } = lab();
  return {
    messages: await raw.hkeys(keys.messages),
    parted: await raw.hgetall(keys.parted),
    ready: await raw.llen(keys.ready),
    histories: await raw.hkeys(keys.histories),
    surplus: await raw.hget(keys.meta, 'surplus'),
    active: await raw.keys(keys.active('*')),
  };
}

const NOTHING = { messages: [], parted: {}, ready: 0, histories: [], surplus: null, active: [] };

describe('messages that are added together', () => {
  it('are stored as pages of at most 50, and of about 8 KiB', async () => {
    const { raw, keys } = lab();
    const ids = await store(pageful(120));
    expect(await raw.hlen(keys.messages)).toBe(3);
    expect(await lab().ready()).toEqual(ids);
    const sizes = (await raw.hvals(keys.messages)).map((text) => text.split(',\n').length);
    expect(new Set(sizes)).toEqual(new Set([20, 50]));
    await store(pageful(100, 'x'.repeat(1_000)));
    for (const text of await raw.hvals(keys.messages)) expect(text.length).toBeLessThan(10_000);
  });

  it('have fields of their own when their ids are not consecutive, or do not begin a page', () => {
    const [a, b, c, d] = pageful(4) as [NewMessage, NewMessage, NewMessage, NewMessage];
    const lone = message();
    const spansOf = (batch: readonly NewMessage[]) => writePages(batch).spans.match(/.{26}/g);
    expect(spansOf([a, b, c])).toEqual([`${a.id}0303`]);
    expect(spansOf([b, c])).toEqual([`${b.id}0101`, `${c.id}0101`]);
    expect(spansOf([a, c, d])).toEqual([`${a.id}0101`, `${c.id}0101`, `${d.id}0101`]);
    expect(spansOf([lone, a, b, lone])).toEqual([`${lone.id}0101`, `${a.id}0202`, `${lone.id}0101`]);
  });

  it('keep a long one out of the page of short ones', async () => {
    const group = new SubmitGroup();
    const lengths = [10, 10, 100_000, 10];
    for (const [i, length] of lengths.entries()) {
      const { id, envelope } = message([i, 'x'.repeat(length)], group.nextId());
      group.add(id, envelope);
    }
    const [a, , long, next] = idsOf(group.messages) as [string, string, string, string];
    expect(writePages(group.messages).spans.match(/.{26}/g)).toEqual([
      `${a}0202`,
      `${long}0101`,
      `${next}0101`,
    ]);
    const ids = await store(group.messages);
    const consumer = await driver();
    expect((await consumer.claim(4)).ids).toEqual(ids);
    await consumer.claim(0, { done: ids });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('are counted one by one, wherever they are', async () => {
    const ids = await store(pageful(120));
    const broker = await lab().broker();
    const consumer = await driver();
    const counts = () => broker.counts(lab().queue);
    expect(await counts()).toEqual({ ready: 120, delayed: 0, onLoan: 0, dead: 0 });
    expect((await consumer.claim(70)).ids).toEqual(ids.slice(0, 70));
    expect(await counts()).toEqual({ ready: 50, delayed: 0, onLoan: 70, dead: 0 });
    await consumer.claim(0, {
      done: ids.slice(0, 3),
      released: ids.slice(60, 70),
      delayed: [{ id: ids[10]!, delay: 60_000, history: { ...NO_HISTORY, attempts: 1 } }],
      dead: [{ id: ids[55]!, record: '{"reason":"failed"}' }],
    });
    expect(await counts()).toEqual({ ready: 60, delayed: 1, onLoan: 55, dead: 1 });
    expect((await consumer.claim(5)).ids).toEqual(ids.slice(60, 65));
    expect(await counts()).toEqual({ ready: 55, delayed: 1, onLoan: 60, dead: 1 });
  });
});

describe('a page', () => {
  it('is granted in parts, to several consumers, in order', async () => {
    const ids = await store(pageful(50));
    const consumers = await Promise.all([driver(), driver(), driver()]);
    const granted: string[] = [];
    for (let i = 0; granted.length < 50; i++) granted.push(...(await consumers[i % 3]!.claim(7)).ids);
    expect(granted).toEqual(ids);
    for (const each of consumers) await each.claim(0, { done: [...each.held] });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('goes with the last of its messages, whatever became of them', async () => {
    const { raw, keys } = lab();
    const ids = await store(pageful(10));
    const consumer = await driver();
    await consumer.claim(10);
    await consumer.claim(0, { done: [ids[0]!, ids[2]!, ids[3]!, ids[9]!] });
    expect(await raw.hgetall(keys.parted)).toEqual({ [ids[0]!.slice(0, 20)]: '4' });
    await consumer.claim(0, { dead: [{ id: ids[5]!, record: '{"reason":"failed"}' }] });
    const history = { ...NO_HISTORY, attempts: 1 };
    await consumer.claim(0, { delayed: [{ id: ids[1]!, delay: 60_000, history }] });
    // Those that wait for long have fields of their own; the rest is still on the page.
    expect((await raw.hkeys(keys.messages)).toSorted()).toEqual([ids[0]!.slice(0, 20), ids[1], ids[5]]);
    await consumer.claim(0, { done: [ids[4]!, ids[6]!, ids[7]!, ids[8]!] });
    expect((await raw.hkeys(keys.messages)).toSorted()).toEqual([ids[1], ids[5]]);
    expect(await raw.exists(keys.parted)).toBe(0);
    const [dead] = await (await lab().broker()).listDead(lab().queue, 0, 10);
    expect(JSON.parse(dead!.envelope)).toMatchObject({ id: ids[5], args: [5, ''] });
  });

  it('whose messages all fail comes back one by one, each as it was', async () => {
    const batch = pageful(50, '😀\u2028');
    const ids = await store(batch);
    const consumer = await driver();
    await consumer.claim(50);
    const history = { ...NO_HISTORY, attempts: 1 };
    await consumer.claim(0, { delayed: ids.map((id) => ({ id, delay: 1, history })) });
    const got = new Map<string, unknown>();
    await until(async () => {
      const { ids: granted, envelopes } = await consumer.claim(50);
      for (const [i, id] of granted.entries()) got.set(id, envelopes[i]);
      return got.size === 50;
    }, PATIENCE);
    for (const { id, envelope } of batch) expect(got.get(id)).toEqual(JSON.parse(envelope));
    await consumer.claim(0, { done: ids });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('of a dead consumer comes back in order, only what was not settled, with a crash each', async () => {
    const ids = await store(pageful(100));
    const dying = await driver(200);
    await dying.claim(60);
    await dying.claim(0, { done: ids.slice(5, 25), released: ids.slice(50, 60) });
    const patient = await driver();
    const left = [...ids.slice(0, 5), ...ids.slice(25, 50)];
    const claims: string[] = [];
    await until(async () => {
      const { ids: granted, histories } = await patient.claim(100);
      for (const id of granted) expect(histories.get(id)).toEqual(left.includes(id) ? ONE_CRASH : undefined);
      claims.push(...granted);
      return claims.length === 80;
    }, PATIENCE);
    expect(claims.toSorted()).toEqual([...left, ...ids.slice(50)].toSorted());
    expect(claims.filter((id) => left.includes(id))).toEqual(left);
    await patient.claim(0, { done: claims });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('is cleared with what waits, and not what is on loan of it', async () => {
    const broker = await lab().broker();
    const ids = await store(pageful(30));
    const consumer = await driver();
    await consumer.claim(10);
    await lab().put('odd', '{}');
    const removed = [];
    for (
      let chunk = await broker.clear(lab().queue);
      chunk.length > 0;
      chunk = await broker.clear(lab().queue)
    ) {
      removed.push(...chunk);
    }
    expect(idsOf(removed)).toEqual([...ids.slice(10), 'odd']);
    expect(JSON.parse(removed[3]!.envelope)).toMatchObject({ id: ids[13], args: [13, ''] });
    expect(await broker.counts(lab().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 10, dead: 0 });
    await consumer.claim(0, { done: ids.slice(0, 10) });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('that somebody tampered with harms only its own messages', async () => {
    const { raw, keys } = lab();
    const [before, broken, after] = [pageful(3), pageful(5), pageful(3)];
    const ids = await store([...before, ...broken, ...after]);
    const page = broken[0]!.id.slice(0, 20);
    const lines = (await raw.hget(keys.messages, page))!.split(',\n');
    // One line is another's, one can't be read, one has swallowed a neighbour, and the last is missing.
    await raw.hset(
      keys.messages,
      page,
      [lines[0], before[1]!.envelope, '{"v":', `${lines[3]},1`].join(',\n'),
    );
    const consumer = await driver();
    const { envelopes, ids: granted } = await consumer.claim(20);
    expect(granted).toEqual(ids);
    const sound = (batch: NewMessage[]) => batch.map(({ envelope }) => JSON.parse(envelope) as unknown);
    expect(envelopes.slice(0, 4)).toEqual([...sound(before), JSON.parse(broken[0]!.envelope)]);
    for (const each of envelopes.slice(4, 8)) expect(each).toBeInstanceOf(Malformed);
    expect(envelopes.slice(8)).toEqual(sound(after));
    await consumer.claim(0, { done: ids });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('that is gone takes no neighbour along', async () => {
    const { raw, keys } = lab();
    const [gone, here] = [pageful(10), pageful(10)];
    await store([...gone, ...here]);
    await raw.hdel(keys.messages, gone[0]!.id.slice(0, 20));
    const consumer = await driver();
    const ids: string[] = [];
    await until(async () => {
      ids.push(...(await consumer.claim(100)).ids);
      return ids.length > 0;
    }, PATIENCE);
    expect(ids).toEqual(idsOf(here));
    await consumer.claim(0, { done: ids });
    expect(await leftovers()).toEqual(NOTHING);
  });

  it.each(['00000000000000000000990202', '00000000000000000000000099', '00000000000000000000000101'])(
    'is not what a foreign id of 26 digits names: %s is dead as malformed',
    async (id) => {
      await lab().put(id, `{"v":1,"id":"${id}","task":"t","args":[]}`);
      const ids = await store(pageful(2));
      expect((await (await driver()).claim(10)).ids).toEqual(ids);
      const [dead] = await (await lab().broker()).listDead(lab().queue, 0, 10);
      expect(dead).toMatchObject({ id, record: { reason: 'malformed' } });
    },
  );

  it('leaves nothing behind after any history of claims and settlements', async () => {
    const step = fc.record({
      add: fc.integer({ min: 0, max: 60 }),
      want: fc.integer({ min: 0, max: 80 }),
      outcomes: fc.array(fc.constantFrom('done', 'done', 'released', 'delayed', 'hold'), {
        minLength: 1,
        maxLength: 7,
      }),
    });
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const consumer = await driver();
      const [added, ended] = [new Set<string>(), new Set<string>()];
      const settle = async (want: number, outcomes: readonly string[]) => {
        const held = [...consumer.held];
        const of = (kind: string) => held.filter((_, i) => outcomes[i % outcomes.length] === kind);
        const delayed = of('delayed').map((id) => ({
          id,
          delay: 0,
          history: { ...NO_HISTORY, attempts: 1 },
        }));
        const { ids } = await consumer.claim(want, { done: of('done'), released: of('released'), delayed });
        for (const id of of('done')) ended.add(id);
        for (const id of ids) expect(ended.has(id)).toBe(false);
      };
      for (const { add, want, outcomes } of steps) {
        for (const id of add === 0 ? [] : await store(pageful(add))) added.add(id);
        await settle(want, outcomes);
        const { ready, delayed, onLoan } = await (await lab().broker()).counts(lab().queue);
        expect(ready + delayed + onLoan).toBe(added.size - ended.size);
        expect(onLoan).toBe(consumer.held.size);
      }
      await until(async () => {
        await settle(1_000, ['done']);
        return ended.size === added.size;
      }, PATIENCE);
      expect(await leftovers()).toEqual(NOTHING);
      await lab().end();
    });
    await fc.assert(property, { numRuns: 25 });
  }, 60_000);
});

describe('the loan book', () => {
  const span = (page: string, first: string, count: string) => `${page}${first}${count}50`;
  const ids = (page: string, ...indexes: string[]) => indexes.map((index) => page + index);

  it('says only what is new', () => {
    const page = newPage();
    const book = new LoanBook();
    book.lend([span(page, '00', '03')]);
    const settlements = { ...NO_SETTLEMENTS, done: ids(page, '01') };
    const first = book.settle(settlements);
    expect(first).toMatchObject({
      ended: span(page, '00', '03'),
      kept: span(page, '00', '01') + span(page, '02', '01'),
      done: span(page, '01', '01'),
    });
    first.apply();
    expect(book.settle({ ...NO_SETTLEMENTS, done: ids(page, '02', '00') })).toMatchObject({
      ended: span(page, '02', '01') + span(page, '00', '01'),
      kept: '',
      done: span(page, '02', '01') + span(page, '00', '01'),
    });
  });

  it('takes a message for one, however often it is named', () => {
    const page = newPage();
    const book = new LoanBook();
    book.lend([span(page, '00', '02')]);
    const { ended, kept, done } = book.settle({ ...NO_SETTLEMENTS, done: ids(page, '00', '00') });
    expect({ ended, kept, done }).toEqual({
      ended: span(page, '00', '02'),
      kept: span(page, '01', '01'),
      done: span(page, '00', '01'),
    });
  });

  it('tells two runs of one page apart, and messages with fields of their own', () => {
    const page = newPage();
    const lone = newMessageId();
    const book = new LoanBook();
    book.lend([span(page, '00', '05'), `${lone}0101`, span(page, '30', '02')]);
    const { ended, kept, done, released } = book.settle({
      ...NO_SETTLEMENTS,
      done: [...ids(page, '31'), lone],
      released: ids(page, '02', '03', '30'),
    });
    expect(ended).toBe(span(page, '30', '02') + span(page, '00', '05'));
    expect(kept).toBe(span(page, '00', '02') + span(page, '04', '01'));
    expect(done).toBe(`${lone}0101${span(page, '31', '01')}`);
    expect(released).toBe(span(page, '02', '02') + span(page, '30', '01'));
  });
});
