// The commands of a producer process.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuUsed, now } from './clock.mjs';
import { messageMaker } from './messages.mjs';

export function createProducer(engine) {
  let producer;
  let settings = {};
  return {
    /** Again after `close`, with what changed. */
    async open(changes) {
      settings = { ...settings, ...changes };
      producer = await engine.openProducer(settings);
    },
    add: (run) => timed(() => addInWindows(producer, run)),
    bulk: (run) => timed(() => addInBatches(producer, run)),
    paced: (run) => addPaced(producer, run),
    size: () => producer.size(),
    async close() {
      await producer?.close();
      producer = undefined;
    },
  };
}

async function timed(work) {
  const [start, cpu] = [now(), cpuUsed()];
  await work();
  return { micros: now() - start, cpu: cpuUsed() - cpu };
}

/** Single submits, `inFlight` of them at a time. */
async function addInWindows(producer, { count, inFlight, ...shape }) {
  const make = messageMaker(shape);
  for (let done = 0; done < count; done += inFlight) {
    const window = [];
    for (let i = done; i < Math.min(done + inFlight, count); i++) window.push(producer.add(make(i)));
    await Promise.all(window);
  }
}

/** Batches, `lanes` of them in flight, so that client and server work at the same time. */
async function addInBatches(producer, { count, batch, lanes, ...shape }) {
  const make = messageMaker(shape);
  let next = 0;
  async function lane() {
    while (next < count) {
      const start = next;
      next = Math.min(start + batch, count);
      await producer.addBulk(Array.from({ length: next - start }, (_, i) => make(start + i)));
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** One message every `interval` ms; returns the moment before each submit. */
async function addPaced(producer, { count, interval, ...shape }) {
  const make = messageMaker(shape);
  const sent = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const message = make(i);
    sent[i] = now();
    await producer.add(message);
    await sleep(interval);
  }
  return sent;
}
