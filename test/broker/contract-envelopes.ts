import { describe, expect, it } from '@jest/globals';
import { Malformed, MAX_BATCH, type NewMessage } from '../../lib/queue/broker.js';
import { Consumer, idsOf, type MakeEnv, message, messages, useEnv } from './contract-kit.js';

/** What is stored is what comes out, and what is no envelope harms nobody else. */
export function envelopes(make: MakeEnv): void {
  describe('envelopes', () => {
    const env = useEnv(make);

    it.each([
      ['emoji and scripts', '😀 🧑‍🚀 日本語 عربى'],
      ['line separators', 'a\u2028b\u2029c\nd\re'],
      ['NUL and control characters', '\0a\u0001\u001f\u007f'],
      ['quotes, backslashes, commas, brackets', '"\\",],}[{\'"'],
      ['the joins of replies', '},{"id":"'],
      ['a lone surrogate, escaped', '\ud83d'],
    ])('carries %s', async (_, text) => {
      const batch = [message([text]), message([{ [text]: [text, null, 1.5, true] }]), message([''])];
      await env().broker.add(env().queue, batch);
      const claim = await new Consumer(env()).claim(10);
      expect(claim.ids).toEqual(idsOf(batch));
      expect(claim.envelopes).toEqual(batch.map(({ envelope }) => JSON.parse(envelope)));
    });

    it('carries arrays, empty ones too, and large numbers as they are', async () => {
      const batch = [message([[], {}, [[]], 2 ** 53 - 1, -0.1, 1e300])];
      await env().broker.add(env().queue, batch);
      const claim = await new Consumer(env()).claim(1);
      expect(claim.envelopes).toEqual([JSON.parse(batch[0]!.envelope)]);
    });

    it.each([
      ['two halves that join into one', ['{"v":1,"args":[3', '4]}']],
      ['JSON that is no envelope', ['null', '[]', '1', '"id"', '{}', 'true']],
      ['no JSON', ['garbage', '{"v":1', '}', ',', 'undefined']],
      ['JSON with something behind it', ['{} {}', '1,2', '{},']],
      ['a prototype in the place of the id', ['{"__proto__":{"id":"x"}}']],
    ])('grants %s as malformed, beside sound neighbours', async (_, texts) => {
      const [before, after] = [message(['before']), message(['after'])];
      const broken: NewMessage[] = texts.map((envelope) => ({ id: message().id, envelope }));
      const batch = [before, ...broken, after];
      await env().broker.add(env().queue, batch);
      const claim = await new Consumer(env()).claim(batch.length);
      expect(claim.ids).toEqual(idsOf(batch));
      const malformed = texts.map((text) => new Malformed(text));
      expect(claim.envelopes).toEqual([
        JSON.parse(before.envelope),
        ...malformed,
        JSON.parse(after.envelope),
      ]);
      for (const each of claim.envelopes.slice(1, -1)) expect(each).toBeInstanceOf(Malformed);
    });

    it("grants another message's envelope as malformed", async () => {
      const [mine, foreign] = [message(), message()];
      await env().broker.add(env().queue, [{ id: mine.id, envelope: foreign.envelope }]);
      const claim = await new Consumer(env()).claim(1);
      expect(claim.ids).toEqual([mine.id]);
      expect(claim.envelopes).toEqual([new Malformed(foreign.envelope)]);
      expect(claim.envelopes[0]).toBeInstanceOf(Malformed);
    });

    it('does not mix up envelopes that were swapped', async () => {
      const [a, b] = [message(['a']), message(['b'])];
      await env().broker.add(env().queue, [
        { id: a.id, envelope: b.envelope },
        { id: b.id, envelope: a.envelope },
      ]);
      const claim = await new Consumer(env()).claim(2);
      expect(claim.envelopes).toEqual([new Malformed(b.envelope), new Malformed(a.envelope)]);
    });

    it('finds a single malformed one in a full batch', async () => {
      const batch = messages(MAX_BATCH);
      batch[500] = { id: batch[500]!.id, envelope: '{"v":1,' };
      await env().broker.add(env().queue, batch);
      const claim = await new Consumer(env()).claim(MAX_BATCH);
      expect(claim.ids).toEqual(idsOf(batch));
      const expected = batch.map(({ envelope }, i) =>
        i === 500 ? new Malformed(envelope) : JSON.parse(envelope),
      );
      expect(claim.envelopes).toEqual(expected);
    });

    it('settles and clears malformed ones like any other', async () => {
      const batch = messages(3).map(({ id }, i) => ({ id, envelope: `{"v":1,"args":[${i}` }));
      await env().broker.add(env().queue, batch);
      const consumer = new Consumer(env());
      await consumer.claim(2);
      const record = '{"reason":"malformed"}';
      await consumer.claim(0, { dead: [{ id: batch[0]!.id, record }], done: [batch[1]!.id] });
      expect(await env().broker.listDead(env().queue, 0, 10)).toMatchObject([
        { ...batch[0], record: { reason: 'malformed' } },
      ]);
      expect(await env().broker.clear(env().queue)).toEqual(batch.slice(2));
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 1 });
    });
  });
}
