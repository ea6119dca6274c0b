// What one engine's measurements share: its own Redis, its child processes, the plan, the progress lines.
import { startChild } from './child-process.mjs';
import { startRedis } from './redis-server.mjs';

/** Runs `work` with a context and leaves no process behind, whatever happens. */
export async function withContext(engine, plan, work) {
  const redis = await startRedis();
  const children = new Set();
  let lastQueue = 0;
  const context = {
    engine,
    plan,
    redis,
    log: (text) => process.stderr.write(`${engine.label}: ${text}\n`),
    newQueue: () => `bench-${++lastQueue}`,
    async open(role, options) {
      const { host, port, url } = redis;
      const child = startChild(engine.name, role);
      children.add(child);
      await child.ready;
      await child.call('open', { host, port, url, ...options });
      return child;
    },
    async stop(...stopped) {
      for (const child of stopped) children.delete(child);
      await Promise.all(stopped.map((child) => child.stop()));
    },
  };
  try {
    return await work(context);
  } finally {
    await Promise.allSettled([...children].map((child) => child.stop()));
    await redis.stop();
  }
}
