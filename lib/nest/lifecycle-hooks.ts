/** Nest calls these itself, on every provider that has them: neither tasks nor anybody's to submit. */
export type LifecycleHook =
  | 'onModuleInit'
  | 'onApplicationBootstrap'
  | 'onModuleDestroy'
  | 'beforeApplicationShutdown'
  | 'onApplicationShutdown';

const HOOKS: Readonly<Record<LifecycleHook, true>> = {
  onModuleInit: true,
  onApplicationBootstrap: true,
  onModuleDestroy: true,
  beforeApplicationShutdown: true,
  onApplicationShutdown: true,
};

export function isLifecycleHook(method: string): method is LifecycleHook {
  return Object.hasOwn(HOOKS, method);
}
