// No library, just two Lua scripts and a bare loop around them: what a library on the same scripts adds is its own
// cost. A claim's envelopes travel as one string.
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';

const SECONDS_BLOCKED = 1;
const script = (file) => readFileSync(new URL(`./${file}.lua`, import.meta.url), 'utf8');

/**
 * An engine from `add-<kind>.lua` and `cycle-<kind>.lua`. `write` makes the arguments of the one from messages; the
 * other is given `claimed` as how much to take.
 */
export function bareLoop({ kind, write, claimed, size }) {
  function connect(url) {
    const redis = new Redis(url);
    redis.defineCommand('floorAdd', { numberOfKeys: 3, lua: script(`add-${kind}`) });
    redis.defineCommand('floorCycle', { numberOfKeys: 3, lua: script(`cycle-${kind}`) });
    return redis;
  }

  async function openProducer({ url, queue }) {
    const redis = connect(url);
    const { messages, ready, wake } = keysOf(queue);
    const push = (list) => redis.floorAdd(messages, ready, wake, ...write(list));
    return {
      add: (message) => push([message]),
      addBulk: push,
      size: () => size(redis, messages),
      close: () => redis.quit(),
    };
  }

  async function openConsumer({ url, queue, concurrency, handle }) {
    const redis = connect(url);
    const blocking = new Redis(url);
    const { messages, ready, active, wake } = keysOf(queue);
    const stop = new AbortController();
    const cycle = (finished) => redis.floorCycle(messages, ready, active, claimed, finished);

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
  return { openProducer, openConsumer };
}

function keysOf(queue) {
  const key = (part) => `floor:{${queue}}:${part}`;
  return { messages: key('messages'), ready: key('ready'), active: key('active'), wake: key('wake') };
}

/** Runs one claimed batch and returns what to settle with the next call, as it came. */
async function runBatch([names, envelopes], handle, concurrency) {
  if (names === '') return '';
  const parsed = JSON.parse(`[${envelopes}]`);
  if (concurrency > 1) await Promise.all(parsed.map((envelope) => handle(envelope.args[0])));
  else for (const envelope of parsed) await handle(envelope.args[0]);
  return names;
}
