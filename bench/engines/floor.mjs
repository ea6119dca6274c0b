// The floor with a field, a list entry and a set member for each message.
import { bareLoop } from './floor/bare-loop.mjs';

export const name = 'floor';
export const label = 'bare script loop';
export const concurrencies = [1];
export const usualConcurrency = 1;

const BATCH = 500;
let last = 0;

/** One string: an argument for each message would cost the client more than everything else. */
function write(messages) {
  let lines = '';
  for (const message of messages) {
    const id = String(++last).padStart(12, '0');
    lines += `{"v":1,"id":"${id}","args":[${JSON.stringify(message)}]}\n`;
  }
  return [lines];
}

export const { openProducer, openConsumer } = bareLoop({
  kind: 'ids',
  write,
  claimed: BATCH,
  size: (redis, messages) => redis.hlen(messages),
});
