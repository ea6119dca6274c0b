/** What is known of a module whose type was not given: any name, any arguments. @publicApi */
export type UntypedModule = Record<string, (...args: unknown[]) => unknown>;

/** The names of a module's exported functions, asynchronous or not. Classes are not among them. @publicApi */
export type FunctionName<M> = {
  [K in keyof M]: M[K] extends (...args: never[]) => unknown ? K : never;
}[keyof M] &
  string;

/** The arguments of a module's function. @publicApi */
export type FunctionArguments<M, K extends keyof M> = M[K] extends (...args: infer A) => unknown ? A : never;

/** What a module's function returns; of an asynchronous one, what its promise resolves with. @publicApi */
export type FunctionResult<M, K extends keyof M> = M[K] extends (...args: never[]) => infer R
  ? Awaited<R>
  : never;
