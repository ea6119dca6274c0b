import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidOptionError } from '../errors.js';
import { quote, type Rule } from '../options.js';
import { TaskSchemaError, type SchemaIssue } from './errors.js';
import { textWithout } from './redaction.js';
import { isThenable } from './thenable.js';

// Standard Schema (https://standardschema.dev): one interface of zod, valibot, arktype and others. Only its types are a
// dependency; a user's own library does the work.

/** A schema of the whole list of arguments, or a list with one schema for each argument. */
export type TaskSchema = StandardSchemaV1 | readonly StandardSchemaV1[];

/** What callers pass to a task with this schema. */
export type ArgumentsIn<S extends TaskSchema> = S extends StandardSchemaV1
  ? ListOf<StandardSchemaV1.InferInput<S>>
  : { -readonly [K in keyof S]: S[K] extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S[K]> : never };

/** What a task with this schema gets. */
export type ArgumentsOut<S extends TaskSchema> = S extends StandardSchemaV1
  ? ListOf<StandardSchemaV1.InferOutput<S>>
  : { -readonly [K in keyof S]: S[K] extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S[K]> : never };

type ListOf<T> = T extends readonly unknown[] ? T : never;

type Result = StandardSchemaV1.Result<unknown>;

/** The option `schema`. */
export const schemaRule: Rule = (value) =>
  isSchema(value) || (Array.isArray(value) && value.every(isSchema))
    ? undefined
    : 'a Standard Schema (zod, valibot, arktype, ...) of the list of arguments, or a list with one for each argument';

/** Some libraries make schemas that are functions. */
function isSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as Partial<StandardSchemaV1>)['~standard'];
  return standard?.version === 1 && typeof standard.validate === 'function';
}

/** The schema of one task's arguments. Answers at once unless a schema does not. */
export class ArgumentsSchema {
  private readonly place: string;

  constructor(
    private readonly schema: TaskSchema,
    task: string,
    queue: string,
  ) {
    this.place = `task '${task}' on queue '${queue}'`;
  }

  /**
   * The schema's output for these arguments; trailing undefined ones count as none, as they do not travel.
   * @param messageId of the delivered message; absent at submit.
   * @throws TaskSchemaError for arguments that do not fit; what a schema throws
   */
  validate(args: readonly unknown[], messageId?: string): readonly unknown[] | Promise<readonly unknown[]> {
    if (isSchema(this.schema)) {
      const result = this.schema['~standard'].validate(args);
      return isThenable(result)
        ? result.then((late) => this.listOf(args, late, messageId))
        : this.listOf(args, result, messageId);
    }
    return this.validateEach(this.schema, args, messageId);
  }

  /** One after the other: what one of them throws then leaves no promise of another one behind. */
  private validateEach(
    schemas: readonly StandardSchemaV1[],
    args: readonly unknown[],
    messageId?: string,
  ): readonly unknown[] | Promise<readonly unknown[]> {
    const results: Result[] = [];
    for (const [i, schema] of schemas.entries()) {
      const result = schema['~standard'].validate(args[i]);
      if (isThenable(result)) return this.validateRest(schemas, args, results, result, messageId);
      results.push(result);
    }
    return this.joined(args, results, messageId);
  }

  private async validateRest(
    schemas: readonly StandardSchemaV1[],
    args: readonly unknown[],
    results: Result[],
    next: PromiseLike<Result>,
    messageId?: string,
  ): Promise<readonly unknown[]> {
    results.push(await next);
    for (const [i, schema] of schemas.entries()) {
      if (i >= results.length) results.push(await schema['~standard'].validate(args[i]));
    }
    return this.joined(args, results, messageId);
  }

  /** The results of one schema for each argument as one result. */
  private joined(
    args: readonly unknown[],
    results: readonly Result[],
    messageId?: string,
  ): readonly unknown[] {
    const issues = results.flatMap((result, i) => issuesOf(args, result, [i]));
    for (let i = results.length; i < args.length; i++) {
      issues.push({ path: [i], message: 'There is no such argument in the schema' });
    }
    if (issues.length > 0) throw this.violation(issues, messageId);
    return results.map((result) => (result as StandardSchemaV1.SuccessResult<unknown>).value);
  }

  private listOf(args: readonly unknown[], result: Result, messageId?: string): readonly unknown[] {
    if (result.issues) throw this.violation(issuesOf(args, result, []), messageId);
    if (Array.isArray(result.value)) return result.value;
    throw new InvalidOptionError(
      `Option 'schema' of ${this.place}: a schema of the whole list of arguments must answer a list, but it answered ` +
        `${quote(typeof result.value)}; give a list of schemas if it is of one argument.`,
    );
  }

  private violation(issues: readonly SchemaIssue[], messageId?: string): TaskSchemaError {
    const shown = issues.slice(0, SHOWN).map(({ path, message }) => `${textOf(path)}: ${message}`);
    if (issues.length > SHOWN) shown.push(`and ${issues.length - SHOWN} more`);
    const message = `The arguments of ${this.place} do not fit its schema: ${shown.join('; ')}`;
    return new TaskSchemaError(message, { issues, ...(messageId === undefined ? {} : { messageId }) });
  }
}

/** How many issues a message lists. */
const SHOWN = 10;

function issuesOf(args: readonly unknown[], result: Result, at: readonly PropertyKey[]): SchemaIssue[] {
  return (result.issues ?? []).map(({ path = [], message }) => {
    // Not path.map: that of a library's own kind of list makes one of those.
    const keys = [
      ...at,
      ...Array.from(path, (segment) => (typeof segment === 'object' ? segment.key : segment)),
    ];
    return { path: keys, message: textWithout(message, valueAt(args, keys)) };
  });
}

function valueAt(args: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (value instanceof Map) return value.get(key) as unknown;
    return (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  }, args);
}

/** `[0].user.email`: the number is that of the argument, from 0. */
function textOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the arguments';
  return path
    .map((key) => (typeof key === 'string' && !/^\d+$/.test(key) ? `.${key}` : `[${String(key)}]`))
    .join('');
}
