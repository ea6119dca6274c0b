import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import { REDIS_URL } from '../queues.js';
import { FileTasks } from '../tasks/file.tasks.js';
import { FolderTasks } from '../tasks/folder.tasks.js';
import { ResultTasks } from '../tasks/result.tasks.js';

const NAME = 'duplicate-files-main';

/**
 * On Redis, only one process at a time may gather: two would take each other's reports. So the connection carries a
 * name for as long as this process lives; and what a process before this one left in the queues can be removed.
 */
@Injectable()
export class SoleGatherer implements OnModuleInit, BeforeApplicationShutdown {
  private redis: Redis | undefined;

  constructor(
    @InjectTasks(FolderTasks) private readonly folders: Tasks<FolderTasks>,
    @InjectTasks(FileTasks) private readonly files: Tasks<FileTasks>,
    @InjectTasks(ResultTasks) private readonly results: Tasks<ResultTasks>,
  ) {}

  async onModuleInit(): Promise<void> {
    if (REDIS_URL === undefined) return;
    this.redis = new Redis(REDIS_URL, { connectionName: NAME });
    // The module reports outages.
    this.redis.on('error', () => {});
    if (await isTaken(this.redis)) {
      this.redis.disconnect();
      throw new Error(
        'Another process gathers results from this Redis. Help it with npm run consumer, or use another database, ' +
          'such as redis://localhost:6379/1.',
      );
    }
    await this.clear();
  }

  /** What is left of scans that were broken off. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.redis?.status !== 'ready') return;
    await this.clear();
    this.redis.disconnect();
  }

  private async clear(): Promise<void> {
    for (const task of [this.folders.list, this.files.hash, this.results.gather]) await task.clearQueue();
  }
}

/** Whether an older connection to the same database has our name. */
async function isTaken(redis: Redis): Promise<boolean> {
  const ours = await redis.client('ID');
  const clients = String(await redis.client('LIST')).split('\n');
  const namesakes = clients.filter((client) => client.includes(` name=${NAME} `));
  const idOf = (client: string): number => Number(/^id=(\d+)/.exec(client)?.[1]);
  const databaseOf = (client: string): string | undefined => / db=(\d+)/.exec(client)?.[1];
  const database = databaseOf(namesakes.find((client) => idOf(client) === ours) ?? '');
  return namesakes.some((client) => idOf(client) < ours && databaseOf(client) === database);
}
