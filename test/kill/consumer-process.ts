import { openSync, writeSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { RedisBroker } from '../../lib/broker/redis/index.js';
import {
  AioTaskContext,
  type Lease,
  type LeaseOptions,
  resolveTask,
  TaskConsumer,
} from '../../lib/queue/index.js';
import type { ProcessOptions, Report } from './fleet.js';

// A process that consumes one queue until it is killed. It tells its parent who it is for Redis, and what went wrong.

const { name, url, queue, lease, maxConcurrency, duration, poison, runsFile } = JSON.parse(
  process.argv[2] ?? '',
) as ProcessOptions;

function tell(report: Report): void {
  process.send?.(report);
}

class WatchedBroker extends RedisBroker {
  override lease(of: string, options: LeaseOptions, wake: () => void): Lease {
    const opened = super.lease(of, options, wake) as Lease & { readonly consumer: string };
    const renew = opened.renewIdentity.bind(opened);
    opened.renewIdentity = () => {
      renew();
      tell({ type: 'identity', consumer: opened.consumer });
    };
    tell({ type: 'identity', consumer: opened.consumer });
    return opened;
  }
}

// Each run is on record before it does anything: a line appended is not lost when the process is killed.
const runs = openSync(runsFile, 'a');

async function run(): Promise<string> {
  writeSync(runs, `${AioTaskContext.current()?.id}\n`);
  if (poison) process.kill(process.pid, 'SIGKILL');
  await pass(duration);
  return name;
}

process.on('disconnect', () => process.exit());

const settings = resolveTask({ queue, lease, maxConcurrency }, 't');
const consumer = new TaskConsumer(
  queue,
  new WatchedBroker({ redis: url }),
  settings.consumer,
  new Map([['t', { settings, run }]]),
  (event) => tell({ type: 'event', event: event.type, running: 'running' in event ? event.running : 0 }),
);
await consumer.start();
