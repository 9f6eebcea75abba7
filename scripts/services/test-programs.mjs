/** Programs that single tests run, besides the services. */
import { requirePaho } from './paho.mjs';
import { requireProgram } from './programs.mjs';

const PROGRAMS = [
  { names: ['mosquitto'], packages: ['mosquitto'], what: 'Mosquitto' },
  { names: ['mosquitto_pub'], packages: ['mosquitto-clients'], what: 'mosquitto_pub' },
  { names: ['openssl'], packages: ['openssl'], what: 'OpenSSL' },
  { names: ['jq'], packages: ['jq'], what: 'jq' },
  { names: ['curl'], packages: ['curl'], what: 'curl' },
  { names: ['g++'], packages: ['g++'], what: 'g++' },
];

/**
 * Installs what is missing before the tests begin: two of them at once would be in each other's way. What cannot be
 * installed is left to the tests that need it, which fail with the one line to run.
 */
export function installTestPrograms() {
  for (const install of [...PROGRAMS.map((program) => () => requireProgram(program)), requirePaho]) {
    try {
      install();
    } catch (error) {
      console.error(error.message);
    }
  }
}
