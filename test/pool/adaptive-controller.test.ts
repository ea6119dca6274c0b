import { describe, expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { GradientController } from '../../lib/pool/adaptive/gradient-controller.js';
import { LimitLaw } from '../../lib/pool/adaptive/limit-law.js';
import type { Ending } from '../../lib/pool/observer.js';
import { SampleWindow } from '../../lib/pool/adaptive/sample-window.js';
import { settings } from './adaptive-kit.js';

describe('a window', () => {
  function open({ samples = 10, window = 0, level = 1, settling = 0, precision = 0.05 } = {}) {
    const clock = { now: 0, reads: 0 };
    const opened = new SampleWindow({ samples, window }, () => (clock.reads++, clock.now));
    opened.open(level, settling, precision);
    return { window: opened, clock };
  }
  const endingsUntilFull = (window: SampleWindow, ms: (i: number) => number) => {
    let i = 0;
    while (!window.add(ms(i), 'done', 1)) i++;
    return i + 1;
  };

  test('takes as many endings as were asked for, and as many as the level', () => {
    expect(endingsUntilFull(open().window, () => 5)).toBe(10);
    expect(endingsUntilFull(open({ level: 33 }).window, () => 5)).toBe(33);
  });

  test('does not count those that began under another level', () => {
    const { window } = open({ settling: 7 });
    expect(endingsUntilFull(window, (i) => (i < 7 ? 1_000 : 5))).toBe(17);
    expect(window.latency).toBe(5);
  });

  test('lasts until the mean is precise, with an end', () => {
    // A spread of 50 % takes 0.5 / 0.05 squared.
    expect(endingsUntilFull(open().window, (i) => (i % 2 === 0 ? 50 : 150))).toBe(100);
    expect(endingsUntilFull(open({ precision: 0.1 }).window, (i) => (i % 2 === 0 ? 50 : 150))).toBe(26);
    expect(endingsUntilFull(open().window, (i) => (i % 100 === 0 ? 100_000 : 1))).toBe(2_000);
  });

  test('lasts its time, and reads the clock only when that is what it waits for', () => {
    const { window, clock } = open({ window: 100 });
    for (let i = 0; i < 9; i++) window.add(5, 'done', 1);
    expect(clock.reads).toBe(1);
    clock.now = 99;
    expect(window.add(5, 'done', 1)).toBe(false);
    clock.now = 100;
    expect(window.add(5, 'done', 1)).toBe(true);
    expect(clock.reads).toBe(3);
  });

  test('leaves failures out of the latency, and counts them', () => {
    const { window } = open();
    for (let i = 0; i < 10; i++) window.add(i < 4 ? 0 : 5, i < 4 ? 'failed' : 'done', 3);
    expect(window).toMatchObject({ latency: 5, failureRate: 0.4, running: 3 });
  });

  test('does not count cancelled ones', () => {
    const { window } = open({ settling: 1 });
    for (let i = 0; i < 100; i++) expect(window.add(1_000, 'cancelled', 9)).toBe(false);
    expect(endingsUntilFull(window, () => 5)).toBe(10);
    expect(window).toMatchObject({ latency: 5, failureRate: 0, running: 1 });
  });

  test('of failures only has no latency', () => {
    const { window } = open();
    for (let i = 0; i < 10; i++) window.add(5, 'failed', 1);
    expect(window).toMatchObject({ latency: NaN, failureRate: 1 });
  });
});

describe('the law', () => {
  test('grows by a tenth, then faster, while there is no queue', () => {
    const law = new LimitLaw();
    const limits = [100];
    for (let i = 0; i < 5; i++) limits.push(Math.round(law.next(limits.at(-1)!, limits.at(-1)!, 1)));
    expect(limits).toEqual([100, 110, 121, 145, 218, 327]);
  });

  test('becomes what is in work and a tenth, as soon as there is a queue', () => {
    expect(new LimitLaw().next(100, 100, 0.5)).toBeCloseTo(55);
    expect(new LimitLaw().next(100, 100, 0.9)).toBeCloseTo(99);
    expect(new LimitLaw().next(4, 4, 0.75)).toBeCloseTo(3.3);
  });

  test('stays careful for some time after an overload', () => {
    const law = new LimitLaw();
    law.beCareful();
    let limit = 100;
    for (let i = 0; i < 8; i++) limit = law.next(limit, limit, 1);
    expect(limit).toBeCloseTo(100 * 1.1 ** 8);
  });

  test('has a point of rest that is a tenth above the capacity', () => {
    for (const capacity of [20, 50, 1_000]) {
      const law = new LimitLaw();
      let limit = 2 * capacity;
      for (let i = 0; i < 10; i++) limit = law.next(limit, limit, Math.min(capacity / limit, 1));
      expect(limit / capacity).toBeCloseTo(1.1);
    }
  });
});

describe('the controller', () => {
  const sample = fc.record({
    ms: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })),
    ending: fc.constantFrom<Ending>('done', 'failed', 'cancelled'),
    running: fc.integer({ min: 1, max: 60 }),
    delay: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e4, noNaN: true })),
    repeat: fc.integer({ min: 1, max: 60 }),
  });

  test('stays within its bounds whatever happens, and applies each level', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 60 }), (samples) => {
        const bounds = { min: 3, max: 50, initial: 10 };
        let now = 0;
        let delay = 0;
        let applied = bounds.initial;
        const controller: GradientController = new GradientController(
          { ...settings, ...bounds },
          {
            now: () => (now += 7),
            takeEventLoopDelay: () => delay,
            apply: (level) => void (applied = level),
          },
        );
        for (const each of samples) {
          delay = each.delay;
          for (let i = 0; i < each.repeat; i++) controller.ended(each.ms, each.ending, each.running);
          const { level, limit } = controller;
          expect(applied).toBe(level);
          expect(Number.isInteger(level) && level >= bounds.min && level <= bounds.max).toBe(true);
          expect(Number.isInteger(limit) && limit >= bounds.min && limit <= bounds.max).toBe(true);
        }
      }),
    );
  });
});
