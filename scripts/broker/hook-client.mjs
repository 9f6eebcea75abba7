/** Asks the application whether a device may sign in, publish or subscribe. */
import { ask } from '../services/http.mjs';

const TIMEOUT_MS = 3_000;

/** The application could not be asked, or its answer was no answer. */
export class HookUnavailable extends Error {}

/**
 * @param {{ appUrl: string, token: string }} settings
 * @returns {(question: 'auth' | 'acl', body: Record<string, string>) => Promise<boolean>}
 *   resolves to whether it is allowed; rejects with HookUnavailable
 */
export function hookClient({ appUrl, token }) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return async (question, body) => {
    const result = await post(`${appUrl}/api/v1/broker/${question}`, headers, body);
    if (result !== 'allow' && result !== 'deny') throw new HookUnavailable(`the answer held neither allow nor deny`);
    return result === 'allow';
  };
}

async function post(url, headers, body) {
  try {
    const { status, text } = await ask(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
    });
    if (status !== 200) throw new Error(`the application answered ${status}`);
    return JSON.parse(text).result;
  } catch (error) {
    throw new HookUnavailable(error.message, { cause: error });
  }
}
