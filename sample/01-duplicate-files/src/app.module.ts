import { Module } from '@nestjs/common';
import { Progress } from './cli/progress.js';
import { taskQueues } from './queues.js';
import { Scanner } from './scan/scanner.js';
import { Scans } from './scan/scans.js';
import { ScansController } from './scan/scans.controller.js';
import { SoleGatherer } from './scan/sole-gatherer.js';
import { FileTasks } from './tasks/file.tasks.js';
import { FolderTasks } from './tasks/folder.tasks.js';
import { ResultTasks } from './tasks/result.tasks.js';

/** The main process: starts scans, takes part in the work, and gathers the results. */
@Module({
  imports: [taskQueues(true)],
  controllers: [ScansController],
  providers: [Scans, Scanner, SoleGatherer, Progress, FolderTasks, FileTasks, ResultTasks],
})
export class AppModule {}
