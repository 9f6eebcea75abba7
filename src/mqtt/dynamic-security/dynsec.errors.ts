import { UnavailableError } from '../../common/errors/errors.js';

/** Why no answer came. */
export type DynsecFailure = 'away' | 'timeout' | 'refused' | 'unreadable';

const MESSAGES: Readonly<Record<DynsecFailure, string>> = {
  away: 'There is no connection to manage the broker by.',
  timeout: 'The broker did not answer in time; whether it did what it was told is not known.',
  refused: 'The broker does not let us manage its dynamic security; is the plugin there, and may MQTT_USERNAME use it?',
  unreadable: 'The broker answered something that its dynamic security does not say.',
};

/** Nobody knows now what the broker's dynamic security holds; later it can be asked again. */
export class DynsecUnavailable extends UnavailableError {
  constructor(
    readonly failure: DynsecFailure,
    options: ErrorOptions = {},
  ) {
    super('BROKER_CONTROL_UNAVAILABLE', MESSAGES[failure], undefined, options);
  }
}
