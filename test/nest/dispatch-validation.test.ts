import { describe, expect, test } from '@jest/globals';
import {
  DefaultValuePipe,
  Injectable,
  ParseIntPipe,
  UsePipes,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type Type,
  type ValidationError,
} from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { AioTask, type TaskHandle } from '../../lib/index.js';
import { deadRecord, memory, retrying, tasksOf } from './dispatch-kit.js';
import { boot, closeAfterEach, Lines } from './kit.js';

closeAfterEach();

class UserDto {
  email!: string;
  isUser(): boolean {
    return this.email.includes('@');
  }
}

const plainToInstance = (type: Type<object>, plain: object): object => Object.assign(new type(), plain);
const instanceToPlain = (object: object): object => ({ ...object });

/** Nest's own ValidationPipe, with a validator that knows one class: class-validator is the application's to install. */
const validation = () =>
  new ValidationPipe({
    transform: true,
    validatorPackage: {
      validate: async (object: object): Promise<ValidationError[]> =>
        object instanceof UserDto && !object.email.includes('@')
          ? [{ property: 'email', constraints: { isEmail: 'email must be an email' } }]
          : [],
    },
    // Nest 11 calls them by their older names.
    transformerPackage: {
      plainToInstance,
      plainToClass: plainToInstance,
      instanceToPlain,
      classToPlain: instanceToPlain,
    } as never,
  });

@Injectable()
class UserTasks {
  @AioTask('users')
  async add(user: UserDto, note?: string): Promise<unknown[]> {
    return [user.isUser(), note];
  }

  @AioTask('users')
  async addAll(...users: UserDto[]): Promise<boolean[]> {
    return users.map((user) => user.isUser());
  }
}

const good = { email: 'a@b' } as UserDto;
const bad = { email: 'secret' } as UserDto;
const providers = [UserTasks, { provide: APP_PIPE, useFactory: validation }];

describe('ValidationPipe', () => {
  test("makes the parameter's class of an argument", async () => {
    const app = await boot({ imports: [memory()], providers });
    expect(await tasksOf(app, UserTasks).add.run(good, 'x')).toEqual([true, 'x']);
  });

  test('makes the message dead at once, with the issues and without the payload', async () => {
    const lines = new Lines();
    const app = await boot({ imports: [memory(retrying)], providers }, lines);
    const { add } = tasksOf(app, UserTasks);
    await expect(add.run(bad)).rejects.toThrow(
      'The arguments of UserTasks.add did not pass pipe ValidationPipe: email must be an email',
    );
    const record = await deadRecord(add);
    expect(record).toMatchObject({ reason: 'invalid', attempts: 1 });
    expect(JSON.stringify(record)).not.toContain('secret');
    expect(lines.texts('error')).toHaveLength(1);
    expect(lines.texts('error')[0]).not.toContain('secret');
  });
});

/** The metadata that a pipe sees, and the arguments that the method gets. */
let seen: (string | undefined)[] = [];
class Watcher implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    seen.push(metatype?.name, type);
    return value;
  }
}

async function argumentsOf(args: readonly unknown[], method: keyof Shapes): Promise<unknown[]> {
  seen = [];
  const app = await boot({ imports: [memory()], providers: [Shapes] });
  const handle = tasksOf(app, Shapes)[method] as unknown as TaskHandle<unknown[], unknown[]>;
  return handle.run(...args);
}

@Injectable()
@UsePipes(new Watcher())
class Shapes {
  @AioTask('shapes')
  async rest(...users: UserDto[]): Promise<unknown[]> {
    return users;
  }

  /** No rest parameter, though it spreads. */
  @AioTask('shapes')
  async spreads(list: string[], b = 1): Promise<unknown[]> {
    const all: unknown[] = [];
    for (const each of [...list, b]) {
      all.push(each);
    }
    return all;
  }

  @AioTask('shapes')
  async defaults(a: string, b = 'b'): Promise<unknown[]> {
    // oxlint-disable-next-line prefer-rest-params
    return [a, b, arguments.length];
  }

  @AioTask('shapes')
  async optional(_a?: number): Promise<unknown[]> {
    // oxlint-disable-next-line prefer-rest-params
    return [arguments.length];
  }

  @AioTask('shapes')
  @UsePipes(new DefaultValuePipe('7'), ParseIntPipe)
  async filled(n?: number): Promise<unknown[]> {
    return [n];
  }
}

describe('pipes see', () => {
  test('all arguments of a rest parameter', async () => {
    // What compilers tell of its type differs; that none is lost must not.
    expect(await argumentsOf([good, good, good], 'rest')).toEqual([good, good, good]);
    expect(await argumentsOf([], 'rest')).toEqual([]);
  });

  test('a spread in the method for no rest parameter', async () => {
    expect(await argumentsOf([['a']], 'spreads')).toEqual(['a', 1]);
    expect(seen).toHaveLength(4);
    expect(await argumentsOf([['a'], 2, 3], 'spreads')).toEqual(['a', 2]);
    expect(seen.slice(4)).toEqual([undefined, 'body']);
  });

  test('the types of all parameters, as of a payload', async () => {
    expect(await argumentsOf(['a'], 'defaults')).toEqual(['a', 'b', 1]);
    expect(seen.slice(0, 2)).toEqual(['String', 'body']);
    expect(seen).toHaveLength(4);
  });

  test('an argument that is missing, and may fill it in', async () => {
    expect(await argumentsOf([], 'filled')).toEqual([7]);
    expect(await argumentsOf([], 'optional')).toEqual([0]);
  });

  test('arguments beyond the declared ones, which reach the method', async () => {
    expect(await argumentsOf(['a', 'c', 3, 4], 'defaults')).toEqual(['a', 'c', 4]);
    expect(seen.slice(4)).toEqual([undefined, 'body', undefined, 'body']);
  });
});

test('all arguments of a rest parameter have its type', async () => {
  class Typed {
    async add(...users: UserDto[]): Promise<boolean[]> {
      return users.map((user) => user.isUser());
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Typed.prototype, 'add') as TypedPropertyDescriptor<
    Typed['add']
  >;
  // As tsc emits it: the type of the elements.
  Reflect.defineMetadata('design:paramtypes', [UserDto], Typed.prototype, 'add');
  AioTask('typed')(Typed.prototype, 'add', descriptor);
  const app = await boot({
    imports: [memory()],
    providers: [Typed, { provide: APP_PIPE, useFactory: validation }],
  });
  const { add } = tasksOf(app, Typed);
  expect(await add.run(good, good)).toEqual([true, true]);
  expect(await add.run()).toEqual([]);
  await expect(add.run(good, good, bad)).rejects.toThrow('email must be an email');
});
