import type { Type } from '@nestjs/common';
import 'reflect-metadata';
import { handlerOf, type TaskSite } from './task-site.js';

/** What pipes can know of a task's parameters. */
export class Parameters {
  private constructor(
    /** As the compiler emitted them; undefined if it did not. */
    private readonly types: readonly Type<unknown>[] | undefined,
    private readonly declared: number,
    private readonly hasRest: boolean,
  ) {}

  static of(site: TaskSite): Parameters {
    const method = handlerOf(site);
    const types = Reflect.getMetadata('design:paramtypes', site.owner.prototype, site.method) as
      readonly Type<unknown>[] | undefined;
    // A function's length leaves out a rest parameter, and those from the first default value on.
    const declared = Math.max(types?.length ?? 0, method.length);
    return new Parameters(types, declared, method.length < declared && endsInRest(method));
  }

  /** Whether there are parameters whose types no pipe can see. */
  get areUntyped(): boolean {
    return this.types === undefined && this.declared > 0;
  }

  /** How many values go through the pipes: an argument that is missing, too, as a pipe may fill it in. */
  count(args: readonly unknown[]): number {
    return Math.max(args.length, this.hasRest ? this.declared - 1 : this.declared);
  }

  /** The type of an argument. All those of a rest parameter have its type; undeclared ones have none. */
  typeOf(index: number): Type<unknown> | undefined {
    return this.types?.[this.hasRest ? Math.min(index, this.declared - 1) : index];
  }
}

/** JavaScript tells no other way: does the list of parameters end in `...name`? */
function endsInRest(method: (...args: readonly unknown[]) => unknown): boolean {
  const text = Function.prototype.toString.call(method);
  const head = text.slice(0, text.search(/\)\s*\{/));
  return /\.\.\.\s*(?:[$\w]+|\[[^\]]*\]|\{[^}]*\})\s*$/.test(head);
}
