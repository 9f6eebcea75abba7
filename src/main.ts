import { Logger } from '@nestjs/common';
import { createApp, startApp } from './app.factory.js';
import { exitOnDefect, shutDownOnSignal } from './app.shutdown.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigError } from './config/config.error.js';
import { loadConfig } from './config/load-config.js';

exitOnDefect();
const config = readConfigOrExit();
try {
  const app = await createApp(config);
  shutDownOnSignal(app, config.http.shutdownTimeoutSeconds);
  await startApp(app, config);
  new Logger('Main').log(`listening at ${await app.getUrl()} as ${[...config.roles].join(', ')}`);
} catch (error) {
  new Logger('Main').fatal({ err: error }, 'start failed');
  process.exit(1);
}

/** A wrong environment is told in plain text: the person who can mend it is reading the terminal. */
function readConfigOrExit(): AppConfig {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`HydroAlert cannot start. ${error.message}\n`);
    process.exit(1);
  }
}
