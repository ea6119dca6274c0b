import { Module } from '@nestjs/common';
import { taskQueues } from './queues.js';
import { FileTasks } from './tasks/file.tasks.js';
import { FolderTasks } from './tasks/folder.tasks.js';

/** A process that helps: it sends results, but does not gather them. */
@Module({
  imports: [taskQueues(['folders', 'files'])],
  providers: [FolderTasks, FileTasks],
})
export class ConsumerModule {}
