import { Process, Processor } from '@nestjs/bull';
import { Controller, type DynamicModule, Get } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { MESSAGE_MAPPING_METADATA } from '@nestjs/websockets/constants.js';
import { describe, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { accessDecisionOf, type AccessDecision } from './auth/access-decision.js';
import { FromBroker, Public, SignedIn } from './auth/access.decorators.js';
import { parseConfig } from './config/load-config.js';

type Transport = 'http' | 'rpc' | 'ws' | 'job';

interface Handler {
  readonly name: string;
  readonly transport: Transport;
  readonly decision: AccessDecision | undefined;
}

/** What `@Process()` leaves on a method; the package does not export the name. */
const JOB_METADATA = 'bull:module_queue_process';

const MARKS: readonly [Transport, string][] = [
  ['http', METHOD_METADATA],
  ['rpc', PATTERN_METADATA],
  ['ws', MESSAGE_MAPPING_METADATA],
  ['job', JOB_METADATA],
];

/** Which decisions make sense by which way a call comes. */
const FITTING: Record<Transport, readonly AccessDecision['kind'][]> = {
  http: ['public', 'signed-in', 'permission', 'device', 'broker-hook', 'uplink-source'],
  rpc: ['from-broker'],
  ws: ['signed-in', 'permission'],
  job: ['system-job'],
};

/** Every method of every controller and gateway that something outside can call. Nothing is instantiated. */
async function handlersOf(module: DynamicModule): Promise<Handler[]> {
  const app = await NestFactory.createApplicationContext(module, { preview: true, logger: false, abortOnError: false });
  const modules = [...app.get(ModulesContainer).values()];
  const classes = new Set(
    modules
      .flatMap(({ controllers, providers }) => [...controllers.values(), ...providers.values()])
      .flatMap(({ metatype }) => (typeof metatype === 'function' && metatype.prototype ? [metatype] : [])),
  );
  return [...classes].flatMap((type) => handlersOfClass(type));
}

function handlersOfClass(type: { readonly name: string; readonly prototype: object }): Handler[] {
  const handlers: Handler[] = [];
  for (
    let prototype = type.prototype;
    prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value !== 'function') continue;
      const method = value as object;
      const transport = MARKS.find(([, mark]) => Reflect.hasMetadata(mark, method))?.[0];
      if (transport) handlers.push({ name: `${type.name}.${name}`, transport, decision: accessDecisionOf(method) });
    }
  }
  return handlers;
}

/** What is wrong with the decisions, one line per handler. */
function complaints(handlers: readonly Handler[]): string[] {
  return handlers.flatMap(({ name, transport, decision }) => {
    if (!decision) return [`${name}: nobody decided who may call it`];
    return FITTING[transport].includes(decision.kind)
      ? []
      : [`${name}: "${decision.kind}" makes no sense by ${transport}`];
  });
}

describe('the application', () => {
  it('decides about every route, message handler, WebSocket handler and job', async () => {
    const config = parseConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      LOG_LEVEL: 'silent',
    });
    const handlers = await handlersOf(AppModule.forRoot(config));
    expect(complaints(handlers)).toEqual([]);
    // The walk itself has to find what is known to be there.
    const names = handlers.map(({ name }) => name);
    expect(names).toContain('AuthController.login');
    expect(names).toContain('ReadingsMqttController.take');
    expect(names).toContain('LiveGateway.subscribe');
    expect(names).toContain('PartitionsProcessor.make');
    expect(names.length).toBeGreaterThan(20);
  });
});

describe('the walk', () => {
  class Base {
    @Get('inherited')
    inherited(): void {}
  }

  @Controller('careless')
  class CarelessController extends Base {
    @Get()
    undecided(): void {}

    @Get('open')
    @Public()
    open(): void {}

    @Get('broker')
    @FromBroker()
    broker(): void {}

    @EventPattern<string>('topic')
    message(): void {}

    helper(): void {}
  }

  @WebSocketGateway()
  class CarelessGateway {
    @SubscribeMessage('subscribe')
    subscribe(): void {}

    @SubscribeMessage('whoami')
    @SignedIn()
    whoAmI(): void {}
  }

  @Processor('maintenance')
  class CarelessProcessor {
    @Process('sweep')
    sweep(): void {}

    @Process('open')
    @Public()
    open(): void {}
  }

  class CarelessModule {}

  it('finds what nobody decided about, whatever the way to it', async () => {
    const module = {
      module: CarelessModule,
      controllers: [CarelessController],
      providers: [CarelessGateway, CarelessProcessor],
    };
    expect(complaints(await handlersOf(module)).sort()).toEqual([
      'CarelessController.broker: "from-broker" makes no sense by http',
      'CarelessController.inherited: nobody decided who may call it',
      'CarelessController.message: nobody decided who may call it',
      'CarelessController.undecided: nobody decided who may call it',
      'CarelessGateway.subscribe: nobody decided who may call it',
      'CarelessProcessor.open: "public" makes no sense by job',
      'CarelessProcessor.sweep: nobody decided who may call it',
    ]);
  });
});
