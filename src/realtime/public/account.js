import { send } from './api.js';
import { byId, setText } from './dom.js';

/** What a link is good for, by its name in the address, and what it is sent to. */
const LINKS = { reset: '/auth/reset-password', invitation: '/auth/accept-invitation' };

const link = readLink();
if (link === null) show('ask');
else {
  byId('name-field').hidden = link.kind !== 'invitation';
  show('choose');
}

byId('ask').addEventListener('submit', (event) => void submit(event, ask));
byId('choose').addEventListener('submit', (event) => void submit(event, choose));
// Another link can be opened in the same tab; only the part behind the hash changes then.
window.addEventListener('hashchange', () => window.location.reload());

/** The token stands behind the hash, which browsers send to nobody; it is taken out of the address and the history. */
function readLink() {
  const [kind, token] = window.location.hash.slice(1).split('=', 2);
  if (!token || !Object.hasOwn(LINKS, kind)) return null;
  window.history.replaceState(null, '', window.location.pathname);
  return { kind, token };
}

async function submit(event, work) {
  event.preventDefault();
  const form = event.target;
  const [button, problem] = [form.querySelector('button'), form.querySelector('.problem')];
  setText(problem, '');
  button.disabled = true;
  try {
    await work(form);
  } catch (error) {
    setText(problem, error.message);
  } finally {
    button.disabled = false;
  }
}

async function ask(form) {
  await send('/auth/forgot-password', { email: form.email.value });
  finish(
    'Look into your mail',
    'If there is an account with this address, a link is on its way. It is good for half an hour.',
  );
}

async function choose(form) {
  if (form.password.value !== form.again.value) throw new Error('The two passwords differ.');
  const name = link.kind === 'invitation' && form.elements.name.value.trim();
  const body = { token: link.token, newPassword: form.password.value, ...(name ? { name } : {}) };
  const { email } = await send(LINKS[link.kind], body);
  form.reset();
  finish('The password is saved', `You can now sign in as ${email}.`);
}

function finish(title, text) {
  setText(byId('done-title'), title);
  setText(byId('done-text'), text);
  show('done');
}

function show(id) {
  for (const other of ['ask', 'choose', 'done']) byId(other).hidden = other !== id;
}
