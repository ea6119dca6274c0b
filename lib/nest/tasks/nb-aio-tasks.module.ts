import { Module, type DynamicModule } from '@nestjs/common';
import { tokenOfClass } from './task-classes.js';
import { noTasks, TaskHandles } from './task-handles.js';
import { readTasks, type TaskClass } from './task-metadata.js';

/** The `Tasks` of some classes, on top of the global ones. */
@Module({})
export class NbAioTasksModule {
  /** @throws TaskUnknownError */
  static of(classes: readonly TaskClass[]): DynamicModule {
    const providers = classes.map((task) => {
      if (readTasks(task.prototype as object).length === 0) throw noTasks(task, 'NbAioPoolModule.forTasks');
      return {
        provide: tokenOfClass(task),
        inject: [TaskHandles],
        useFactory: (handles: TaskHandles): object => handles.of(task),
      };
    });
    return { module: NbAioTasksModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}
