import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Processes of this sample, which share a Redis and a prefix. */
export class Processes implements AsyncDisposable {
  private readonly all: ChildProcess[] = [];

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** The address of the web process, once it listens. */
  async web(): Promise<string> {
    const { url } = await heard<{ url: string }>(this.start('web', { PORT: '0' }));
    return url;
  }

  /** The id of a consumer's process, once it consumes. */
  async consumer(): Promise<number> {
    const child = this.start('consumer');
    await heard(child);
    return child.pid as number;
  }

  /** Tells one to end, as an orchestrator does. @returns whether it ended as told. */
  async stop(pid: number): Promise<boolean> {
    const child = this.all.find((each) => each.pid === pid);
    return child !== undefined && stopped(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map(stopped));
  }

  private start(entry: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
    const file = fileURLToPath(new URL(`../${entry}.js`, import.meta.url));
    // What they log is not for the outcome; what goes wrong is seen.
    const child = fork(file, {
      env: { ...process.env, ...this.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    this.all.push(child);
    return child;
  }
}

/** What a process says when it is ready. @throws Error if it ends instead. */
async function heard<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`Process ${child.pid} ended before it was ready.`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
  return message;
}

/** With shutdown hooks Nest ends a process by the signal that it was told with, once all is closed. */
async function stopped(child: ChildProcess): Promise<boolean> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  return child.exitCode === 0 || child.signalCode === 'SIGTERM';
}
