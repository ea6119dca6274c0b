import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
// The built package: a thread starts from a file, and Node does not read TypeScript.
import { AsyncPoolExecutor, type ExecutorOptions } from '../../dist/executor/index.js';

// Processes and threads take their time to start on a machine that others share.
jest.setTimeout(120_000);

export const WORK = new URL('./fixtures/work.mjs', import.meta.url);
export type Work = typeof import('./fixtures/work.mjs');
const EXECUTOR = new URL('../../dist/executor/index.js', import.meta.url).href;

export const workExecutor = (options: ExecutorOptions = {}): AsyncPoolExecutor<Work> =>
  AsyncPoolExecutor.forModule<Work>(WORK, options);

export const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

/** Shared cells for the fixture's `meet`, `open` and `block`: in now, in at most, gate, arrived. */
export class Gate {
  readonly cells = new Int32Array(new SharedArrayBuffer(16));

  get peak(): number {
    return Atomics.load(this.cells, 1);
  }

  open(): void {
    Atomics.store(this.cells, 2, 1);
    Atomics.notify(this.cells, 2);
  }

  /** Blocks until that many have arrived. */
  arrived(count: number): void {
    for (let now = this.now; now < count; now = this.now) Atomics.wait(this.cells, 3, now, 1_000);
  }

  private get now(): number {
    return Atomics.load(this.cells, 3);
  }
}

/** What `call` throws. */
export function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module in a process of its own; `executor(options)` makes one for the fixture. */
export function runScript(
  source: string,
  { args = [] as string[], slowReader = false } = {},
): Promise<Ended> {
  const script = `import { AsyncPoolExecutor } from ${JSON.stringify(EXECUTOR)};
    const executor = (options) => AsyncPoolExecutor.forModule(${JSON.stringify(WORK.href)}, options);
    ${source}`;
  const child = spawn(process.execPath, [...args, '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Not to hang for ever when something does not end.
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += data));
  const read = (): unknown => child.stdout.on('data', (data) => (stdout += data));
  // Reads only once the writer has filled the pipe and says so on stderr.
  if (slowReader) child.stderr.once('data', read);
  else read();
  return new Promise((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
}
