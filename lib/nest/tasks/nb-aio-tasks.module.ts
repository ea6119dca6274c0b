import { Module, type DynamicModule } from '@nestjs/common';
import { tokenOfClass } from './task-classes.js';
import { noTasks } from './task-handles.js';
import { readTasks, type TaskClass } from './task-metadata.js';
import { tasksProvider } from './tasks-provider.js';

/** The `Tasks` of some classes, on top of the global ones. */
@Module({})
export class NbAioTasksModule {
  /** @throws TaskUnknownError */
  static of(classes: readonly TaskClass[]): DynamicModule {
    const owner = 'NbAioPoolModule.forTasks';
    const providers = classes.map((task) => {
      if (readTasks(task.prototype as object).length === 0) throw noTasks(task, owner);
      return tasksProvider(tokenOfClass(task), () => task, owner);
    });
    return { module: NbAioTasksModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}
