import { Module } from '@nestjs/common';
import { taskQueues } from './queues.js';
import { Figures } from './reports/figures.js';
import { ReportTasks } from './reports/report.tasks.js';

/** Consumes. It has no controller. */
@Module({
  imports: [taskQueues(true)],
  providers: [ReportTasks, Figures],
})
export class ConsumerModule {}
