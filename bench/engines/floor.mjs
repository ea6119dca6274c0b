// The floor: no library, just two Lua scripts and a bare loop around them. What a library on the same
// engine adds to this is its own cost. Batches travel as one string, in both directions: an argument or an
// array element a message costs the client more than everything else.
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';

export const name = 'floor';
export const label = 'bare script loop';
export const concurrencies = [1];
export const usualConcurrency = 1;

const BATCH = 500;
const SECONDS_BLOCKED = 1;
const script = (file) => readFileSync(new URL(`./floor/${file}.lua`, import.meta.url), 'utf8');

function connect(url) {
  const redis = new Redis(url);
  redis.defineCommand('floorAdd', { numberOfKeys: 3, lua: script('add') });
  redis.defineCommand('floorCycle', { numberOfKeys: 3, lua: script('cycle') });
  return redis;
}

function keysOf(queue) {
  const key = (part) => `floor:{${queue}}:${part}`;
  return { messages: key('messages'), ready: key('ready'), active: key('active'), wake: key('wake') };
}

export async function openProducer({ url, queue }) {
  const redis = connect(url);
  const { messages, ready, wake } = keysOf(queue);
  let last = 0;
  const push = (list) => {
    let lines = '';
    for (const message of list) {
      const id = String(++last).padStart(12, '0');
      lines += `{"v":1,"id":"${id}","args":[${JSON.stringify(message)}]}\n`;
    }
    return redis.floorAdd(messages, ready, wake, lines);
  };
  return {
    add: (message) => push([message]),
    addBulk: push,
    size: () => redis.hlen(messages),
    close: () => redis.quit(),
  };
}

/** Runs one claimed batch and returns the ids to settle with the next call, as they came. */
async function runBatch([ids, envelopes], handle, concurrency) {
  if (ids === '') return '';
  const parsed = JSON.parse(`[${envelopes}]`);
  if (concurrency > 1) await Promise.all(parsed.map((envelope) => handle(envelope.args[0])));
  else for (const envelope of parsed) await handle(envelope.args[0]);
  return ids;
}

export async function openConsumer({ url, queue, concurrency, handle }) {
  const redis = connect(url);
  const blocking = new Redis(url);
  const { messages, ready, active, wake } = keysOf(queue);
  const stop = new AbortController();
  const cycle = (finished) => redis.floorCycle(messages, ready, active, BATCH, finished);

  // The next claim travels while this batch runs, and settles the batch before: two are on loan at most.
  async function loop() {
    let finished = '';
    let next = cycle(finished);
    while (!stop.signal.aborted) {
      const reply = await next;
      if (reply[0] === '' && finished === '') await blocking.blpop(wake, SECONDS_BLOCKED);
      next = cycle(finished);
      finished = await runBatch(reply, handle, concurrency);
    }
    await next;
  }
  const done = loop();
  return {
    async close() {
      stop.abort();
      await done;
      await Promise.all([redis.quit(), blocking.quit()]);
    },
  };
}
