import { setInterval } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SingleBar } from 'cli-progress';
import { AioTaskRegistry, InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import type { Scan } from '../scan/scan.js';
import { FileTasks } from '../tasks/file.tasks.js';
import { FolderTasks } from '../tasks/folder.tasks.js';
import { readableCount } from './units.js';

const INTERVAL = 100;
const FORMAT =
  '{bar} {value}/{total} files and folders | running {running} | waiting {waiting} | {rate} files/s';

/** Shows on stderr how a scan goes. */
@Injectable()
export class Progress {
  constructor(
    private readonly registry: AioTaskRegistry,
    @InjectTasks(FolderTasks) private readonly folders: Tasks<FolderTasks>,
    @InjectTasks(FileTasks) private readonly files: Tasks<FileTasks>,
  ) {}

  async show(scan: Scan): Promise<void> {
    const bar = new SingleBar({
      format: FORMAT,
      noTTYOutput: true,
      notTTYSchedule: 1_000,
      barsize: 20,
      formatValue: (value, _options, type) =>
        typeof value === 'number' && type !== 'percentage' ? readableCount(value) : String(value),
    });
    bar.start(1, 0, { running: 0, waiting: 0, rate: 0 });
    for await (const _ of setInterval(INTERVAL)) {
      await this.update(bar, scan);
      if (scan.isComplete) break;
    }
    bar.stop();
  }

  private async update(bar: SingleBar, scan: Scan): Promise<void> {
    // Nobody knows while Redis is away.
    const waiting = await this.waiting().catch(() => '?');
    const { files, seconds } = scan.summary;
    bar.setTotal(scan.reported + scan.missing);
    bar.update(scan.reported, { running: this.running(), waiting, rate: Math.round(files / seconds) });
  }

  /** In this process. */
  private running(): number {
    return this.registry.list().reduce((sum, { running }) => sum + running, 0);
  }

  /** In the queues, for any process. */
  private async waiting(): Promise<number> {
    const sizes = await Promise.all([this.folders.list.getQueueSize(), this.files.hash.getQueueSize()]);
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
