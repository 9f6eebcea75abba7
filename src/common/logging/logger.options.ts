import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import { type DestinationStream, destination, type Level, type Logger, multistream } from 'pino';
import type { Options } from 'pino-http';
import { currentRequestContext, currentRequestId } from '../request-context/request-context.js';
import { describeError, redact, redactText } from './redact.js';

/** How much is logged, and where to beside stdout. */
export interface LogSettings {
  readonly level: Level | 'silent';
  readonly file?: string;
}

/** Probes come every few seconds; their lines would bury the rest. */
const SILENT_PATHS = new Set(['/health', '/ready', '/metrics']);

/** A broker asks for every right of every device; what it is refused stands in its own log. */
const BROKER_HOOK_PATH = '/api/v1/broker/';

const START_UP_CONTEXTS = new Set<unknown>([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
]);
/** pino's number of the level. */
const INFO = 30;

/** Everything that nestjs-pino needs: JSON lines, the request id in each, no secret in any. */
export function loggerParams(settings: LogSettings, output?: DestinationStream): Params {
  const options = pinoOptions(settings);
  const stream = output ?? outputOf(settings);
  return { pinoHttp: [options, stream] };
}

function pinoOptions(settings: LogSettings): Options {
  return {
    level: settings.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => redact(fields) as Record<string, unknown>,
    },
    // Errors have been described by the formatter; a serializer would look for an Error again.
    wrapSerializers: false,
    serializers: { err: (error: unknown) => (error instanceof Error ? describeError(error) : error) },
    hooks: {
      logMethod(args, method, level) {
        if (level === INFO && isStartUpDetail(args[0]) && !this.isLevelEnabled('debug')) return;
        method.apply(this, maskTexts(args));
      },
    },
    mixin: (_fields, _level, logger) => (hasRequestId(logger) ? {} : contextFields()),
    ...requestLogging,
  };
}

/** Nest tells every module and route at its start, as information. */
function isStartUpDetail(fields: unknown): boolean {
  const named = typeof fields === 'object' && fields !== null && 'context' in fields;
  return named && START_UP_CONTEXTS.has(fields.context);
}

/** Texts are masked here, objects by the formatter; pino would take a message from an error without masking it. */
function maskTexts<T extends readonly unknown[]>(args: T): T {
  // The first object is the fields of the line, and the formatter's.
  const masked = args.map((argument, index) =>
    index === 0 && typeof argument === 'object' ? argument : redact(argument),
  );
  const [first] = args;
  const error = typeof first === 'object' && first !== null && 'err' in first ? first.err : first;
  if (args.length === 1 && error instanceof Error) masked.push(redactText(error.message));
  return masked as unknown as T;
}

/** One line per HTTP request, when it is answered: what was asked, the status and the time it took. */
const requestLogging: Options = {
  genReqId: () => currentRequestId() ?? '',
  customAttributeKeys: { reqId: 'requestId' },
  quietReqLogger: true,
  quietResLogger: true,
  autoLogging: { ignore: (request) => SILENT_PATHS.has(pathOf(request)) },
  customLogLevel: (request, response) => {
    if (response.statusCode >= 500) return 'error';
    return pathOf(request).startsWith(BROKER_HOOK_PATH) ? 'debug' : 'info';
  },
  customSuccessObject: requestFields,
  customErrorObject: (request, response, _error, fields: object) => requestFields(request, response, fields),
  customSuccessMessage: () => 'request answered',
  customErrorMessage: () => 'request failed',
};

function requestFields(request: IncomingMessage, response: ServerResponse, fields: object): object {
  const aborted = response.writableFinished ? {} : { aborted: true };
  const { responseTime } = fields as { responseTime?: number };
  return { method: request.method, path: pathOf(request), status: response.statusCode, responseTime, ...aborted };
}

/** Without the query, which may hold a token. Express cuts `url` while it routes, so the original counts. */
function pathOf(request: IncomingMessage): string {
  const { originalUrl } = request as { originalUrl?: string };
  return (originalUrl ?? request.url ?? '').split('?', 1)[0] ?? '';
}

const loggersWithRequestId = new WeakMap<Logger, boolean>();

/** The logger of an HTTP request has the id bound already; a second one would make the line invalid JSON for some. */
function hasRequestId(logger: Logger): boolean {
  const known = loggersWithRequestId.get(logger) ?? 'requestId' in logger.bindings();
  loggersWithRequestId.set(logger, known);
  return known;
}

function contextFields(): object {
  const context = currentRequestContext();
  return context === undefined ? {} : { requestId: context.requestId };
}

/** Lines are written at once, not gathered: those before a crash are the ones that matter. */
function outputOf(settings: LogSettings): DestinationStream {
  const stdout = destination({ fd: 1, sync: true });
  if (settings.file === undefined || settings.level === 'silent') return stdout;
  const file = destination({ dest: settings.file, mkdir: true, sync: true });
  return multistream([
    { level: settings.level, stream: stdout },
    { level: settings.level, stream: file },
  ]);
}
