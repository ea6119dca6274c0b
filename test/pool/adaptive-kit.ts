import { GradientController, type ControllerOptions } from '../../lib/pool/adaptive/gradient-controller.js';
import { Simulation, type Noise, type ServerOptions } from './adaptive-simulation.js';

/** The defaults of AdaptiveLimit, and wide bounds. */
export const settings: ControllerOptions = {
  min: 1,
  max: 1_000,
  initial: 20,
  window: 100,
  samples: 20,
  probeInterval: 30_000,
  maxFailureRate: 0.1,
  maxEventLoopDelay: 100,
};

export interface Scene {
  readonly server: Simulation;
  readonly limit: GradientController;
  /** The levels that were applied, oldest first. */
  readonly applied: number[];
}

/** A server of a simulation, and a controller that does not know its capacity. */
export function scene(
  server: Partial<ServerOptions>,
  options: Partial<ControllerOptions> = {},
  eventLoopDelay: (running: number) => number = () => 0,
): Scene {
  const simulation = new Simulation({ capacity: 40, work: 50, noise: 'uniform', seed: 1, ...server });
  const applied: number[] = [];
  const limit = new GradientController(
    { ...settings, ...options },
    {
      now: () => simulation.now,
      takeEventLoopDelay: () => eventLoopDelay(simulation.running),
      apply: (level) => void applied.push(level),
    },
  );
  return { server: simulation, limit, applied };
}

export const isNear = (limit: number, capacity: number): boolean =>
  limit <= 1.3 * capacity && limit >= capacity / 1.3;

/** Endings until the limit, outside a probe, is within a factor of 1.3 of the capacity; at most `most`. */
export function endingsUntilNear({ server, limit }: Scene, most: number): number {
  const before = server.ended;
  while (server.ended - before < most && (limit.probing || !isNear(limit.limit, server.capacity))) {
    server.run(limit, 1);
  }
  return server.ended - before;
}

/** The mean limit during `count` endings, and the share of them with a limit within a factor of 1.3. */
export function watch({ server, limit }: Scene, count: number): { mean: number; near: number } {
  let sum = 0;
  let near = 0;
  server.run(limit, count, () => {
    sum += limit.limit;
    if (isNear(limit.limit, server.capacity)) near++;
  });
  return { mean: sum / count, near: near / count };
}

export const noises: readonly Noise[] = ['none', 'uniform', 'exponential'];
