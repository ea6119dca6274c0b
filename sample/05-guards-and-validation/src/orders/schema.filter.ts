import { BadRequestException, Catch, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { TaskSchemaError } from 'nestjs-nb-aiopool';

/** Answers 400 with the issues, where the body of a request does not fit the schema of the task. */
@Catch(TaskSchemaError)
export class SchemaFilter extends BaseExceptionFilter<TaskSchemaError> {
  override catch(error: TaskSchemaError, host: ArgumentsHost): void {
    // The first part of a path is the argument's number; here there is one.
    const issues = error.issues.map(({ path, message }) => `${path.slice(1).join('.')}: ${message}`);
    super.catch(new BadRequestException(issues) as never, host);
  }
}
