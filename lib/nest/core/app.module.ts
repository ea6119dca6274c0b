import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AioTaskRegistry } from '../consumers/task-registry.js';
import { PoolUnknownError } from '../errors.js';
import { ownerOf } from '../pools/feature-pools.js';
import { featureToken, knownPools, poolAskers, type PoolAddress } from '../pools/pool-tokens.js';
import { knownTaskClasses } from '../tasks/task-classes.js';
import { TaskHandles } from '../tasks/task-handles.js';
import { tasksProvider } from '../tasks/tasks-provider.js';
import { AppConnections } from './app-connections.js';
import type { Connection } from './connection.js';
import { connectionsOf, demand, injectConnection } from './known-connections.js';

/** What an application has one of, however many connections: all that users inject. */
@Module({})
class NbAioPoolAppModule implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** What nobody asks for here is absent, not undefined: a lazy module may bring a provider of that token. */
  onModuleInit(): void {
    for (const module of this.modules.values()) {
      if (module.metatype !== NbAioPoolAppModule) continue;
      for (const [token, { instance }] of module.providers) {
        if (instance !== undefined) continue;
        module.providers.delete(token);
        module.exports.delete(token);
      }
    }
  }
}

const once: readonly Provider[] = [
  AppConnections,
  TaskHandles,
  {
    provide: AioTaskRegistry,
    inject: [AppConnections],
    useFactory: (connections: AppConnections) => new AioTaskRegistry(connections),
  },
];

function providers(): Provider[] {
  return [
    ...once,
    ...[...knownPools()].map(([token, address]) => poolProvider(token, address)),
    ...[...knownTaskClasses()].map(([token, reference]) => tasksProvider(token, reference)),
  ];
}

/** One object, so that all connections of an application import one module. */
export const appModule: DynamicModule = {
  module: NbAioPoolAppModule,
  global: true,
  // Asked for when Nest scans the modules: by then also the classes are known whose files load after forRoot is called.
  get providers() {
    return providers();
  },
  get exports() {
    return providers().map((each) => (typeof each === 'function' ? each : each.provide));
  },
};

/** A pool that may be asked for. */
function poolProvider(token: string, { name, connection }: PoolAddress): FactoryProvider {
  return {
    provide: token,
    inject: [ModulesContainer, injectConnection(connection)],
    useFactory: async (modules: ModulesContainer, found: Connection | undefined) => {
      const asker = poolAskers.askedBy(token, modules);
      // Another application of this process may have asked for it, in vain.
      if (asker === undefined && !connectionsOf(modules).includes(connection)) return undefined;
      const { pools, options } = await demand(
        found,
        connection,
        modules,
        `${asker} asks for pool '${name}' of`,
      );
      const isFeature = [...modules.values()].some((module) => module.providers.has(featureToken(token)));
      if (isFeature) {
        const { connectTimeout } = options;
        return pools.expect(name, connectTimeout, () =>
          latePool(name, asker, token, modules, connectTimeout),
        );
      }
      const pool = pools.find(name);
      if (!pool && asker !== undefined) throw unknownPool(name, asker, pools.names);
      return pool;
    },
  };
}

/** Such a circle goes through a promise of ours, so that Nest can't see it. */
function latePool(
  name: string,
  asker: string | undefined,
  token: string,
  modules: ModulesContainer,
  ms: number,
): PoolUnknownError {
  return new PoolUnknownError(
    `${asker ?? 'The application'} asks for pool '${name}', whose registerPoolAsync in ` +
      `${ownerOf(featureToken(token), modules)} has not answered within ${ms} ms: does its factory need the pool ` +
      `itself? If it is only slow, option connectTimeout gives it more time.`,
  );
}

function unknownPool(name: string, asker: string, names: readonly string[]): PoolUnknownError {
  return new PoolUnknownError(
    `${asker} asks for pool '${name}', which is not configured: name it in NbAioPoolModule's option 'pools', or ` +
      `import NbAioPoolModule.registerPool('${name}'); the pools are ${names.map((each) => `'${each}'`).join(', ')}.`,
  );
}
