import { Injectable } from '@nestjs/common';
import { AioTask, InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import { hashFile } from '../files/hash-file.js';
import { reasonOf } from '../files/reason.js';
import type { Entry, Report } from '../scan/report.js';
import { ResultTasks } from './result.tasks.js';

@Injectable()
export class FileTasks {
  constructor(@InjectTasks(ResultTasks) private readonly results: Tasks<ResultTasks>) {}

  @AioTask('files', 32)
  async hash(file: Entry): Promise<void> {
    await this.results.gather.submit(await report(file));
  }
}

/** A file that can't be read is a finding, not a failure: trying again would not help. */
async function report(file: Entry): Promise<Report> {
  try {
    return { ...file, kind: 'hashed', ...(await hashFile(file.path)) };
  } catch (error) {
    return { ...file, kind: 'unreadable', reason: reasonOf(error) };
  }
}
