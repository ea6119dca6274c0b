// The parent's end of child.mjs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../child/clock.mjs';
import { sampleRss } from './rss.mjs';

const PATH = new URL('../child.mjs', import.meta.url);
const ANSWER_WITHIN = 600_000;
const END_WITHIN = 5_000;

/**
 * Runs one variant in a process of its own and resolves with what it answers. With `sampling: {interval, idle}` also
 * with its memory: {value, samples, started, ended}, sampled from `idle` ms before it starts.
 */
export async function runAlone(task, sampling) {
  const child = fork(PATH, [JSON.stringify(task)], { serialization: 'advanced' });
  const who = `${task.measurement}, ${task.variant}`;
  const ended = once(child, 'exit');
  const answers = listen(child, who);
  try {
    await answers.next('ready');
    const memory = sampling && sampleRss(child.pid, sampling.interval);
    if (sampling) await sleep(sampling.idle);
    const started = now();
    child.send('go');
    const { value } = await answers.next('value');
    return { value, started, ended: now(), samples: await memory?.stop() };
  } finally {
    await end(child, ended);
  }
}

/** A process that goes on without a pause does not hear of the disconnect. */
async function end(child, ended) {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN);
  await ended;
  clearTimeout(timer);
}

/** The messages of a child, one after the other: a process that ends or is silent rejects who waits. */
function listen(child, who) {
  const { promise: failure, reject } = withReject();
  child.on('message', ({ error }) => error !== undefined && reject(new Error(`${who}: ${error}`)));
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`${who}: the process ended (${signal ?? code})`)));

  async function next(kind) {
    let timer;
    const late = () => reject(new Error(`${who}: no '${kind}' within ${ANSWER_WITHIN / 1000} s`));
    const arrived = new Promise((resolve) => {
      timer = setTimeout(late, ANSWER_WITHIN);
      child.on('message', (message) => kind in message && resolve(message));
    });
    try {
      return await Promise.race([arrived, failure]);
    } finally {
      clearTimeout(timer);
    }
  }
  return { next };
}

function withReject() {
  let reject;
  const promise = new Promise((_, no) => (reject = no));
  promise.catch(() => {});
  return { promise, reject };
}
