// The parent's end of child.mjs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const PATH = new URL('../child.mjs', import.meta.url);
const REPLY_WITHIN = 600_000;
const CLOSE_WITHIN = 10_000;

/** Not opened yet: whoever starts it stops it, also when `open` fails. */
export function startChild(engine, role) {
  const child = fork(PATH, [engine, role], { serialization: 'advanced' });
  const calls = openCalls(child, `the ${engine} ${role} process`);
  const ready = new Promise((resolve, reject) => {
    child.on('message', (message) => (message.ready ? resolve() : calls.settle(message)));
    child.once('exit', (code, signal) => {
      const error = new Error(`the ${engine} ${role} process ended (${signal ?? code})`);
      calls.rejectAll(error);
      reject(error);
    });
  });
  /** Ends the process, orderly when it can. */
  async function stop() {
    if (!child.connected) return;
    const ended = once(child, 'exit');
    await Promise.race([calls.call('close').catch(() => {}), sleep(CLOSE_WITHIN, undefined, { ref: false })]);
    if (child.connected) child.disconnect();
    await ended;
  }
  return { ready, call: (...args) => calls.call(...args), stop };
}

/** The calls that the child has not answered yet. */
function openCalls(child, who) {
  const open = new Map();
  let lastId = 0;
  function take(id) {
    const call = open.get(id);
    open.delete(id);
    clearTimeout(call?.timer);
    return call;
  }
  return {
    call(command, args) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`${who} is gone`));
        const late = () => take(id)?.reject(new Error(`${who} did not answer '${command}' in time`));
        open.set(id, { resolve, reject, timer: setTimeout(late, REPLY_WITHIN) });
        child.send({ id, command, args });
      });
    },
    settle({ id, value, error }) {
      const call = take(id);
      if (error === undefined) call?.resolve(value);
      else call?.reject(new Error(error));
    },
    rejectAll(error) {
      for (const id of open.keys()) take(id).reject(error);
    },
  };
}
