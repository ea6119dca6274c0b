import { describe, expect, test } from '@jest/globals';
import { endingsUntilNear, noises, scene, settings, watch } from './adaptive-kit.js';
import type { Noise } from './adaptive-simulation.js';

/** Without noise they would be one and the same. */
const seedsFor = (noise: Noise): readonly number[] => (noise === 'none' ? [1] : [1, 2, 3, 4]);
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

/** With latencies all over the place it takes more of them to know a mean. */
const endings = { none: 1, uniform: 1, exponential: 5, bimodal: 10 };

describe('the simulation is what it says', () => {
  test.each([
    [5, 50],
    [10, 50],
    [20, 100],
    [30, 150],
  ])('with room for 10, %i tasks at a time take %i ms', (level, ms) => {
    const { server } = scene({ capacity: 10, noise: 'none' });
    const seen: number[] = [];
    const limit = { level, limit: level, ended: (latency: number) => void seen.push(latency) };
    server.run(limit, 500);
    expect(average(seen.slice(200))).toBeCloseTo(ms);
  });

  test('work of each noise has the mean that was asked for', () => {
    for (const noise of [...noises, 'bimodal'] as const) {
      const { server } = scene({ capacity: 10, noise });
      const seen: number[] = [];
      server.run({ level: 10, limit: 10, ended: (latency) => void seen.push(latency) }, 20_000);
      expect(average(seen) / 50).toBeGreaterThan(0.97);
      expect(average(seen) / 50).toBeLessThan(1.03);
    }
  });
});

describe.each(noises)('a hidden capacity, latencies with noise: %s', (noise: Noise) => {
  const seeds = seedsFor(noise);
  const found = (capacity: number, initial: number) =>
    seeds.map((seed) => {
      const running = scene({ capacity, noise, seed }, { initial });
      running.server.run(running.limit, 10_000);
      return watch(running, 20_000);
    });

  describe.each([10, 40, 200])('of %i', (capacity) => {
    test.each([1, 20, 500])('is found from %i, within a factor of 1.3, and kept', (initial) => {
      const results = found(capacity, initial);
      expect(average(results.map(({ near }) => near))).toBeGreaterThan(0.9);
      for (const { mean } of results) {
        expect(mean).toBeGreaterThan(capacity / 1.3);
        expect(mean).toBeLessThan(capacity * 1.3);
      }
    });
  });

  // Where one task more or less is already more than the factor, the limit goes to and fro.
  test.each([1, 2, 3, 5])('of %i is found on average', (capacity) => {
    const mean = average(found(capacity, 20).map((each) => each.mean));
    expect(mean).toBeGreaterThan(capacity / 1.3);
    expect(mean).toBeLessThan(capacity * 1.3);
  });

  test.each(seeds)('that drops to a third is followed, and so is its return (seed %i)', (seed) => {
    const running = scene({ capacity: 60, noise, seed });
    const { server, limit } = running;
    server.run(limit, 20_000);
    server.capacity = 20;
    const high = limit.level;
    let first = 0;
    for (; limit.level > high / 2 && first < 20_000; first++) server.run(limit, 1);
    expect(first).toBeLessThan(300 * endings[noise]);
    expect(endingsUntilNear(running, 20_000)).toBeLessThan(1_000 * endings[noise]);
    server.run(limit, 10_000);
    expect(watch(running, 10_000).near).toBeGreaterThan(0.9);
    server.capacity = 60;
    expect(endingsUntilNear(running, 20_000)).toBeLessThan(2_000 * endings[noise]);
    server.run(limit, 10_000);
    expect(watch(running, 10_000).near).toBeGreaterThan(0.8);
  });

  test.each([2, 1.3, 0.5])('is kept when the work takes %f times as long', (factor) => {
    const near = seeds.map((seed) => {
      const running = scene({ capacity: 40, noise, seed });
      running.server.run(running.limit, 20_000);
      running.server.work *= factor;
      return watch(running, 30_000).near;
    });
    expect(average(near)).toBeGreaterThan(0.9);
  });
});

test('with one task in twenty 19 times as long, it is found on average', () => {
  const results = [10, 40, 200].flatMap((capacity) =>
    [1, 2, 3, 4].map((seed) => {
      const running = scene({ capacity, noise: 'bimodal', seed });
      running.server.run(running.limit, 30_000);
      const { mean, near } = watch(running, 20_000);
      return { mean: mean / capacity, near };
    }),
  );
  expect(average(results.map(({ near }) => near))).toBeGreaterThan(0.7);
  const mean = average(results.map((each) => each.mean));
  expect(mean).toBeGreaterThan(1 / 1.3);
  expect(mean).toBeLessThan(1.3);
});

describe('what the limit does not do', () => {
  test.each(noises)('drift: an hour later it is where it was (%s)', (noise) => {
    const running = scene({ capacity: 10, noise, work: 500 });
    running.server.run(running.limit, 10_000);
    const { mean } = watch(running, 72_000);
    expect(running.server.now).toBeGreaterThan(3_600_000);
    expect(mean).toBeGreaterThan(8);
    expect(mean).toBeLessThan(12);
    expect(watch(running, 5_000).near).toBeGreaterThan(0.8);
  });

  test.each(noises)('grow while its tasks do not use it (%s)', (noise) => {
    const { server, limit } = scene({ noise });
    server.demand = 15;
    server.run(limit, 20_000);
    expect(limit.limit).toBe(20);
    expect(limit.windows).toBeGreaterThan(10);
    server.demand = Infinity;
    server.run(limit, 20_000);
    expect(limit.limit).toBeGreaterThan(30);
  });

  test.each(noises)('leave its bounds, nor run away from the lower one (%s)', (noise) => {
    const below = scene({ capacity: 10, noise }, { min: 20 });
    expect(watch(below, 40_000).mean).toBeLessThan(26);
    expect(Math.min(...below.applied)).toBeGreaterThanOrEqual(20);
    const above = scene({ capacity: 100, noise }, { max: 50 });
    above.server.run(above.limit, 20_000);
    expect(watch(above, 10_000).mean).toBeGreaterThan(45);
    expect(Math.max(...above.applied)).toBe(50);
  });

  test('halve its tasks for long: probes take a tenth of the time at most', () => {
    const { server, limit } = scene({ capacity: 3, work: 5_000, noise: 'exponential' });
    server.run(limit, 10_000);
    let time = 0;
    let probing = 0;
    let last = server.now;
    server.run(limit, 100_000, () => {
      time += server.now - last;
      if (limit.probing) probing += server.now - last;
      last = server.now;
    });
    expect(limit.probes).toBeGreaterThan(2);
    expect(probing / time).toBeLessThan(0.1);
  });
});

describe('an overload that no latency shows', () => {
  test.each(noises)('a server that refuses what it has no room for (%s)', (noise) => {
    const running = scene({ capacity: 30, refuses: true, noise }, { initial: 100 });
    const { server, limit } = running;
    server.run(limit, 10_000);
    const { mean } = watch(running, 20_000);
    expect(mean).toBeGreaterThan(30 / 1.5);
    expect(mean).toBeLessThan(30 * 1.3);
    server.capacity = 10;
    server.run(limit, 10_000);
    expect(limit.limit).toBeLessThanOrEqual(13);
  });

  test('an event loop that is late by 4 ms for each task: 25 of them are 100 ms', () => {
    const running = scene({ capacity: 500 }, {}, (tasks) => 4 * tasks);
    running.server.run(running.limit, 10_000);
    const { mean } = watch(running, 20_000);
    expect(mean).toBeGreaterThan(25 / 1.3);
    expect(mean).toBeLessThan(25 * 1.3);
    expect(Math.max(...running.applied)).toBeLessThan(40);
  });

  test('is none at or below the bounds', () => {
    const { server, limit } = scene({}, { maxFailureRate: 1 }, () => settings.maxEventLoopDelay);
    server.run(limit, 20_000);
    expect(limit.limit).toBeGreaterThan(30);
  });
});
