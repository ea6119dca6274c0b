// The resident memory of another process, sampled from outside: a process that runs promises without a pause never
// comes to its own timers.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { now } from '../../child/clock.mjs';

const run = promisify(execFile);

/** Samples until `stop()`, which resolves with [{at: microseconds, rss: megabytes}]. */
export function sampleRss(pid, interval) {
  const samples = [];
  const state = { stopped: false };
  const finished = (async () => {
    while (!state.stopped) {
      samples.push({ at: now(), rss: await residentMegabytes(pid) });
      await sleep(interval);
    }
  })();
  // Whoever stops it hears of it; until then nobody listens.
  finished.catch(() => {});
  return {
    async stop() {
      state.stopped = true;
      await finished;
      return samples;
    },
  };
}

async function residentMegabytes(pid) {
  const kilobytes = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  if (!(kilobytes > 0)) throw new Error(`cannot read the resident memory of process ${pid}`);
  return kilobytes / 1024;
}

async function fromProc(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function fromPs(pid) {
  return Number((await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout);
}
