import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type FactoryProvider,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NbAioPool, PoolOptions } from '../../pool/index.js';
import { checkedFactory } from '../async-options.js';
import type { Connection } from '../core/connection.js';
import { demand, injectConnection } from '../core/known-connections.js';
import { checkPool } from '../module-options.js';
import { DEFAULT_CONNECTION } from '../tasks/task-options.js';
import { featureToken, getPoolToken } from './pool-tokens.js';

/** What a feature module's part of a dynamic module is. */
type Feature = Pick<DynamicModule, 'imports' | 'providers' | 'exports'>;
type MakePool = FactoryProvider<Promise<NbAioPool>>['useFactory'];

/** @throws UnknownOptionError, InvalidOptionError */
export function featurePools(
  owner: string,
  pools: Readonly<Record<string, PoolOptions>>,
  connection = DEFAULT_CONNECTION,
): Feature {
  const features = Object.entries(pools).map(([name, options]) => {
    checkPool(owner, name, options);
    return featurePool(name, connection, () => options);
  });
  return {
    providers: features.flatMap(({ providers = [] }) => providers),
    exports: features.flatMap(({ exports = [] }) => exports),
  };
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<PoolOptions>({
  moduleName: 'NbAioPoolFeature',
}).build();

/** A pool whose options other providers know. They are checked when the application starts. */
export function featurePoolAsync(
  owner: string,
  name: string,
  options: ConfigurableModuleAsyncOptions<PoolOptions>,
  connection = DEFAULT_CONNECTION,
): Feature {
  const found = ConfigurableModuleClass.registerAsync(options);
  const pool = featurePool(name, connection, (answer) => {
    checkPool(owner, name, answer as PoolOptions);
    return answer as PoolOptions;
  });
  const [made, alias] = pool.providers as [FactoryProvider, Provider];
  return {
    imports: found.imports ?? [],
    providers: [
      ...checkedFactory(owner, options, found),
      { ...made, inject: [...(made.inject ?? []), MODULE_OPTIONS_TOKEN] },
      alias,
    ],
    exports: pool.exports ?? [],
  };
}

/** @param optionsOf makes the options from what is injected last. */
function featurePool(name: string, connection: string, optionsOf: (answer: unknown) => PoolOptions): Feature {
  const token = getPoolToken(name, connection);
  const provide = featureToken(token);
  const useFactory: MakePool = async (
    found: Connection | undefined,
    modules: ModulesContainer,
    answer?: unknown,
  ) => {
    const owner = ownerOf(provide, modules);
    const { pools } = await demand(found, connection, modules, `${owner} registers pool '${name}' on`);
    return pools.add(name, optionsOf(answer), owner);
  };
  return {
    providers: [
      { provide, inject: [injectConnection(connection), ModulesContainer], useFactory },
      { provide: token, useExisting: provide },
    ],
    exports: [token],
  };
}

/** The names of the modules that import the one with this provider. */
export function ownerOf(token: string, modules: ModulesContainer): string {
  const hosts = new Set([...modules.values()].filter((module) => module.providers.has(token)));
  const importers = [...modules.values()].filter(({ imports }) =>
    [...imports].some((each) => hosts.has(each)),
  );
  const names = importers.map(({ name }) => name);
  return names.length === 0 ? 'A module' : names.join(' and ');
}
