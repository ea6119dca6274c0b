import { getEventListeners } from 'node:events';
import { describe, expect, jest, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { RateLimiter, type RateLimiterOptions } from '../../lib/flow/index.js';
import { isSettled, turn } from '../pool/signals.js';
import { FakeClock } from './kit.js';

function limited(options: Omit<RateLimiterOptions, 'clock'>, clock = new FakeClock()) {
  const limiter = new RateLimiter({ ...options, clock });
  const times: number[] = [];
  const take = (signal?: AbortSignal): Promise<void> =>
    limiter.take(signal).then(() => void times.push(clock.time));
  return { clock, limiter, times, take };
}

describe('takes are evenly spaced', () => {
  test.each([
    [5, [0, 200, 400, 600]],
    [1000, [0, 1, 2, 3]],
    [0.2, [0, 5_000, 10_000, 15_000]],
  ])('%d a second', async (maxPerSecond, expected) => {
    const { clock, times, take } = limited({ maxPerSecond });
    const all = Promise.all([take(), take(), take(), take()]);
    await clock.advance(expected.at(-1)!);
    await all;
    expect(times).toEqual(expected);
  });

  test('a pause saves nothing up', async () => {
    const { clock, times, take } = limited({ maxPerSecond: 10 });
    await take();
    await clock.advance(10_000);
    const both = Promise.all([take(), take()]);
    await clock.advance(1_000);
    await both;
    expect(times).toEqual([0, 10_000, 10_100]);
  });

  test('unless a burst is allowed: so many at once, and the spacing after them', async () => {
    const { clock, times, take } = limited({ maxPerSecond: 10, burst: 3 });
    const all = Promise.all([take(), take(), take(), take(), take()]);
    await clock.advance(1_000);
    await all;
    expect(times).toEqual([0, 0, 0, 100, 200]);
    // 800 ms after the last one all three are there again, and no more than three.
    const again = Promise.all([take(), take(), take(), take()]);
    await clock.advance(1_000);
    await again;
    expect(times.slice(5)).toEqual([1_000, 1_000, 1_000, 1_100]);
  });

  test.each([
    [1_000_000, 1_000, 1],
    [100_000, 3, 1],
    [100_000, 1_000, 10],
    [100_000, 600, 1],
  ])('%d at %d a second, burst %d, end at the right time', (count, maxPerSecond, burst) => {
    const { clock, limiter } = limited({ maxPerSecond, burst }, new FakeClock(Date.UTC(2026, 0)));
    const start = clock.time;
    for (let i = 0; i < count; i++) void limiter.take();
    while (clock.next());
    expect(limiter.stats().waiting).toBe(0);
    // A timer counts whole milliseconds.
    const late = clock.time - start - ((count - burst) / maxPerSecond) * 1_000;
    expect(late).toBeGreaterThan(-0.001);
    expect(late).toBeLessThan(1);
  });

  test.each([3, 7, 600])(
    'who comes exactly on time is not too early by a rounding error: %d',
    (maxPerSecond) => {
      const { clock, limiter } = limited({ maxPerSecond });
      for (let i = 0; i < 1_000; i++) {
        clock.time = (i * 1_000) / maxPerSecond;
        expect(limiter.tryTake()).toBe(true);
        expect(limiter.tryTake()).toBe(false);
      }
    },
  );

  test('whatever the clock, the rate and the callers do', () => {
    const step = fc.oneof(
      fc.constant<'take'>('take'),
      fc.constant<'try'>('try'),
      fc.integer({ min: 0, max: 500 }),
    );
    const rates = fc.constantFrom(0.5, 3, 7, 10, 100, 700);
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        rates,
        fc.integer({ min: 1, max: 4 }),
        (steps, rate, burst) => {
          const granted: number[] = [];
          const clock = new FakeClock();
          const limiter = new RateLimiter({ maxPerSecond: rate, burst, clock });
          let waiting = 0;
          const note = (): void => {
            for (; waiting > limiter.stats().waiting; waiting--) granted.push(clock.time);
          };
          const take = (): void => {
            waiting++;
            void limiter.take();
            note();
          };
          const passTo = (end: number): void => {
            for (let time = clock.time + 1; time <= end; time++) {
              clock.runTo(time);
              note();
            }
          };
          for (const each of steps) {
            if (each === 'take') take();
            else if (each !== 'try') passTo(clock.time + each);
            else if (limiter.tryTake()) granted.push(clock.time);
          }
          while (clock.next()) note();
          const spacing = 1000 / rate;
          // In any stretch: never more than the rate allows plus the burst. At high rates 2 ms of a timer's lateness are
          // forgiven, at others what rounding adds.
          const forgiven = rate > 50 ? 2.001 : 1.001;
          for (let i = 0; i < granted.length; i++) {
            for (let j = i + burst; j < granted.length; j++) {
              expect(granted[j]! - granted[i]!).toBeGreaterThanOrEqual(
                (j - i - burst + 1) * spacing - forgiven,
              );
            }
          }
          expect(waiting).toBe(0);
        },
      ),
    );
  });
});

describe('timers', () => {
  test('one that comes too early lets nobody through', async () => {
    const { clock, limiter, take } = limited({ maxPerSecond: 1 });
    await take();
    const second = take();
    clock.next(-400);
    expect(clock.time).toBe(600);
    expect(await isSettled(second)).toBe(false);
    expect(clock.scheduled).toEqual([1_000, 400]);
    clock.next();
    await second;
    expect(limiter.stats().waiting).toBe(0);
  });

  test('at high rates a little lateness is not held against the next take', async () => {
    const { clock, times, take } = limited({ maxPerSecond: 100 });
    const all = Promise.all([take(), take(), take()]);
    await turn();
    clock.next(1.5);
    await turn();
    clock.next(0);
    await all;
    expect(times).toEqual([0, 11.5, 20.5]);
  });

  test.each([
    [100, 1],
    [500, 1],
    [5_000, 10],
    [20_000, 40],
  ])('so at %d a second some second may see %d more, and none more than that', (rate, more) => {
    const { clock, limiter } = limited({ maxPerSecond: rate });
    const granted: number[] = [];
    for (let i = 0; i < rate * 3; i++) void limiter.take();
    let waiting = limiter.stats().waiting;
    granted.push(clock.time);
    // One timer comes late, and those after it in time.
    for (let late = 50; clock.next(late); late = 0.1) {
      for (; waiting > limiter.stats().waiting; waiting--) granted.push(clock.time);
    }
    let first = 0;
    const inOneSecond = granted.map((_, last) => {
      while (granted[last]! - granted[first]! >= 1_000) first++;
      return last - first + 1;
    });
    const most = inOneSecond.reduce((a, b) => Math.max(a, b)) - rate;
    expect(most).toBeLessThanOrEqual(more);
    expect(most).toBeGreaterThan(more - 2);
  });

  test('at others it is, or a second might see one too many', async () => {
    const { clock, times, take } = limited({ maxPerSecond: 5 });
    const all = Promise.all(Array.from({ length: 7 }, () => take()));
    for (let late = 1.9; times.length < 7; late = 0) {
      await turn();
      if (times.length < 7) clock.next(late);
    }
    await all;
    expect(times[6]! - times[1]!).toBeGreaterThanOrEqual(1_000);
  });

  test('nor where one caller takes again and again, faster than timers count', async () => {
    const { clock, limiter } = limited({ maxPerSecond: 5_000 });
    await limiter.take();
    for (let i = 0; i < 5_000; i++) {
      // Each timer is for 1 ms, and half a millisecond late.
      while (!limiter.tryTake()) {
        void limiter.take();
        clock.next(0.5);
        i++;
      }
    }
    expect(clock.time).toBeGreaterThan(990);
    expect(clock.time).toBeLessThan(1_010);
  });

  test('after a blocked event loop the spacing goes on, and nothing is caught up', async () => {
    const { clock, times, take } = limited({ maxPerSecond: 100 });
    const all = Promise.all([take(), take(), take(), take()]);
    await turn();
    clock.next(5_000);
    await turn();
    expect(times).toEqual([0, 5_010]);
    while (clock.next()) await turn();
    await all;
    expect(times).toEqual([0, 5_010, 5_018, 5_028]);
  });

  test('a wait that no timer of Node can wait for is made of several', async () => {
    const maxPerSecond = 1 / (40 * 24 * 3_600);
    const { clock, times, take } = limited({ maxPerSecond });
    await take();
    const second = take();
    while (clock.next()) await turn();
    await second;
    expect(clock.scheduled[0]).toBe(2 ** 31 - 1);
    expect(clock.scheduled).toHaveLength(2);
    expect(times[1]).toBeCloseTo(40 * 24 * 3_600_000, -1);
  });

  test.each([Number.MIN_VALUE, Number.MAX_VALUE])('the rate %d is one too', async (maxPerSecond) => {
    const { clock, limiter, take } = limited({ maxPerSecond, burst: 2 });
    await Promise.all([take(), take()]);
    const third = take();
    clock.next();
    expect(await isSettled(third)).toBe(maxPerSecond > 1);
    expect(limiter.stats().waiting).toBe(maxPerSecond > 1 ? 0 : 1);
  });

  test('there is one while somebody waits, which keeps the process alive, and none before or after', async () => {
    const timeouts = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timeouts();
    const limiter = new RateLimiter({ maxPerSecond: 0.001 });
    await limiter.take();
    expect(timeouts()).toBe(before);
    const leave = new AbortController();
    const waits = [limiter.take(leave.signal), limiter.take(leave.signal)];
    expect(timeouts()).toBe(before + 1);
    leave.abort();
    await Promise.allSettled(waits);
    expect(timeouts()).toBe(before);
  });

  test('by the real clock, no take comes early', async () => {
    const limiter = new RateLimiter({ maxPerSecond: 200 });
    const start = performance.now();
    for (let i = 0; i < 6; i++) {
      await limiter.take();
      expect(performance.now() - start).toBeGreaterThanOrEqual(i * 5 - 0.01);
    }
  });
});

describe('in line', () => {
  test('first come, first served, and tryTake does not overtake', async () => {
    const { clock, limiter } = limited({ maxPerSecond: 10 });
    const order: string[] = [];
    expect(limiter.tryTake()).toBe(true);
    expect(limiter.tryTake()).toBe(false);
    const all = ['a', 'b', 'c'].map((name) => limiter.take().then(() => order.push(name)));
    clock.time = 150;
    expect(limiter.tryTake()).toBe(false);
    await clock.advance(1_000);
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c']);
    expect(limiter.tryTake()).toBe(true);
  });

  test('who leaves takes nothing, and the next moves up', async () => {
    const { clock, limiter, times, take } = limited({ maxPerSecond: 10 });
    const leave = new AbortController();
    const gone = new Error('gone');
    const [first, second, third] = [take(), take(leave.signal), take()];
    await first;
    expect(limiter.stats()).toEqual({ maxPerSecond: 10, burst: 1, waiting: 2 });
    leave.abort(gone);
    await expect(second).rejects.toBe(gone);
    expect(limiter.stats().waiting).toBe(1);
    await clock.advance(100);
    await third;
    expect(times).toEqual([0, 100]);
  });

  test('when the last one leaves, no timer is left', async () => {
    const { clock, take } = limited({ maxPerSecond: 10 });
    await take();
    const leave = new AbortController();
    const wait = take(leave.signal);
    expect(clock.timers).toBe(1);
    leave.abort();
    await expect(wait).rejects.toThrow(/aborted/);
    expect(clock.timers).toBe(0);
    const other = take();
    await clock.advance(100);
    await other;
    expect(clock.time).toBe(100);
  });

  test('a signal that all share has one listener, and none when nobody waits', async () => {
    const { clock, limiter, take } = limited({ maxPerSecond: 10 });
    const user = new AbortController();
    const listeners = (): number => getEventListeners(user.signal, 'abort').length;
    const waits = Array.from({ length: 20 }, () => take(user.signal));
    expect([limiter.stats().waiting, listeners()]).toEqual([19, 1]);
    await clock.advance(100);
    expect([limiter.stats().waiting, listeners()]).toEqual([18, 1]);
    user.abort(new Error('gone'));
    const left = await Promise.allSettled(waits);
    expect(left.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect([limiter.stats().waiting, clock.timers]).toEqual([0, 0]);
    const other = new AbortController();
    const wait = take(other.signal);
    await clock.advance(100);
    await wait;
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  });

  test('a signal that is aborted already, or later, when the wait is over', async () => {
    const { clock, limiter, take } = limited({ maxPerSecond: 10 });
    await expect(take(AbortSignal.abort('no'))).rejects.toBe('no');
    const late = new AbortController();
    const removed = jest.spyOn(late.signal, 'removeEventListener');
    await take(late.signal);
    const wait = take(late.signal);
    await clock.advance(100);
    await wait;
    expect(removed).toHaveBeenCalledTimes(1);
    late.abort();
    expect(limiter.stats().waiting).toBe(0);
    expect(Object.isFrozen(limiter.stats())).toBe(true);
  });
});

describe('options', () => {
  test.each([
    [{ maxPerSecond: 0 }, "option 'maxPerSecond' must be a finite number above 0, but was 0 (number)"],
    [{ maxPerSecond: -1 }, 'above 0'],
    [{ maxPerSecond: Infinity }, 'above 0'],
    [{ maxPerSecond: NaN }, 'above 0'],
    [{ maxPerSecond: '5' }, 'above 0, but was "5" (string)'],
    [{}, "option 'maxPerSecond' must be"],
    [{ maxPerSecond: 1, burst: 0 }, "option 'burst' must be a whole number of at least 1"],
    [{ maxPerSecond: 1, burst: 1.5 }, "option 'burst'"],
    [{ maxPerSecond: 1, clock: Date }, 'an object with now() and schedule()'],
    [{ maxPerSecond: 1, clock: null }, 'an object with now() and schedule()'],
    [{ maxPerSecnd: 1 }, "did you mean 'maxPerSecond'?"],
    [undefined, 'options must be an object'],
  ])('%j is refused', (options, message) => {
    expect(() => new RateLimiter(options as RateLimiterOptions)).toThrow(message);
  });

  test('what is no signal is refused, and takes nothing', async () => {
    const { limiter } = limited({ maxPerSecond: 1 });
    await expect(limiter.take({} as AbortSignal)).rejects.toMatchObject({ code: 'NB_OPTION_INVALID' });
    await expect(limiter.take(null as unknown as AbortSignal)).rejects.toThrow('must be an AbortSignal');
    expect(limiter.tryTake()).toBe(true);
  });
});
