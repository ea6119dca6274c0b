import { Module } from '@nestjs/common';
import { taskQueues } from './queues.js';
import { ReportsController } from './reports/reports.controller.js';

/** Submits. It has neither ReportTasks nor Figures among its providers. */
@Module({
  imports: [taskQueues(false)],
  controllers: [ReportsController],
})
export class WebModule {}
