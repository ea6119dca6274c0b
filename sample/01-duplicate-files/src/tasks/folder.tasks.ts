import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AioTask, InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import { listFolder, type Found } from '../files/list-folder.js';
import type { Entry, Report } from '../scan/report.js';
import { FileTasks } from './file.tasks.js';
import { ResultTasks } from './result.tasks.js';

const ENOUGH_WAITING = 20_000;

@Injectable()
export class FolderTasks {
  constructor(
    @InjectTasks(FolderTasks) private readonly folders: Tasks<FolderTasks>,
    @InjectTasks(FileTasks) private readonly files: Tasks<FileTasks>,
    @InjectTasks(ResultTasks) private readonly results: Tasks<ResultTasks>,
  ) {}

  /** Submits whatever is in the folder, then reports how much that was. */
  @AioTask('folders', 8)
  async list(folder: Entry): Promise<void> {
    await this.waitForRoom();
    const found = await listFolder(folder.path);
    const contents = randomUUID();
    const { folders, files, unreadable } = callsFor(found, folder.scan, contents);
    await Promise.all([
      this.folders.list.submitMany(folders),
      this.files.hash.submitMany(files),
      this.results.gather.submitMany(unreadable),
    ]);
    await this.results.gather.submit({ ...folder, kind: 'listed', contents, entries: found.length });
  }

  /** Listing is faster than hashing: slow down while many files wait, so that the queue stays small. */
  private async waitForRoom(): Promise<void> {
    // Not for long, so that a process which stops need not wait for this.
    for (let i = 0; i < 20 && (await this.files.hash.getQueueSize()) > ENOUGH_WAITING; i++) {
      await setTimeout(100);
    }
  }
}

/** The argument lists for the tasks that go on with what was found. */
function callsFor(found: readonly Found[], scan: string, listing: string) {
  const folders: [Entry][] = [];
  const files: [Entry][] = [];
  const unreadable: [Report][] = [];
  for (const [index, { kind, path, reason = '' }] of found.entries()) {
    const entry = { scan, listing, index, path };
    if (kind === 'folder') folders.push([entry]);
    else if (kind === 'file') files.push([entry]);
    else unreadable.push([{ ...entry, kind, reason }]);
  }
  return { folders, files, unreadable };
}
