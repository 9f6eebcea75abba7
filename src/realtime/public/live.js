import { AlertList } from './alerts.js';
import { claim, endSession, freshToken, get, list, post, readSession, signIn, signOut } from './api.js';
import { DeviceList } from './devices.js';
import { byId, el, setText } from './dom.js';
import { levelOf, UNKNOWN } from './format.js';
import { DeviceMap } from './map.js';
import { Subscription } from './subscription.js';

const STATES = { live: 'Live', connecting: 'Connecting…', offline: 'Offline' };
const RATE_SECONDS = 10;

const devices = new DeviceList(byId('devices'), byId('more-devices'));
const map = new DeviceMap(byId('map'), (deviceId) => devices.reveal(deviceId));
const levels = new Map();
let session = null;
let alerts = null;
/** What a super admin looked at last; kept over a reload. */
const CHOSEN = 'hydroalert.municipality';
let municipalityId = null;
let subscription = null;
/** Readings of each of the last seconds. */
let rates = [0];

byId('sign-in')
  .querySelector('form')
  .addEventListener('submit', (event) => void submit(event));
byId('sign-out').addEventListener('click', () => {
  signOut(session);
  leave('');
});
byId('search').addEventListener('input', (event) => devices.search(event.target.value));
byId('municipalities').addEventListener('change', (event) => enter(event.target.value));
setInterval(tick, 1000);
void begin();

async function begin() {
  session = readSession();
  if (session && !(await claim(session))) return leave('This tab is a copy of another one. Please sign in here too.');
  if (session) await arrive();
  else leave('');
}

async function submit(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector('button');
  setText(byId('sign-in-problem'), '');
  button.disabled = true;
  try {
    session = await signIn(form.email.value, form.password.value, form.code.value);
    form.password.value = '';
    askForCode(false);
    await arrive();
  } catch (error) {
    if (error.code === 'SECOND_FACTOR_REQUIRED') askForCode(true);
    setText(byId('sign-in-problem'), error.message);
  } finally {
    button.disabled = false;
  }
}

/** People with a second factor are asked for its code after the password. */
function askForCode(wanted) {
  byId('code-field').hidden = !wanted;
  byId('code').value = '';
  if (wanted) byId('code').focus();
}

/** Shows the room to whoever is signed in. */
async function arrive() {
  const { user } = session;
  byId('sign-in').hidden = true;
  byId('room').hidden = false;
  setText(byId('person'), user.name);
  const mayAcknowledge = user.permissions.includes('alert:acknowledge');
  const acknowledge = ({ id }) => post(session, `/alerts/${encodeURIComponent(id)}/acknowledge`, {});
  const places = { list: byId('alerts'), empty: byId('no-alerts'), news: byId('news') };
  alerts = new AlertList(places, devices, mayAcknowledge ? acknowledge : null);
  try {
    await chooseMunicipality(user);
  } catch (error) {
    trouble(error);
  }
}

/** Whoever sees more than one municipality chooses; the first look is at the own one, or at the one of last time. */
async function chooseMunicipality(user) {
  const chooser = byId('municipalities');
  const all = await list(session, '/municipalities');
  byId('chooser').hidden = all.length < 2;
  chooser.replaceChildren(...all.map(({ id, name }) => el('option', { value: id, text: name })));
  const wanted = [sessionStorage.getItem(CHOSEN), user.municipalityId];
  const last = wanted.map((one) => all.find(({ id }) => id === one)).find(Boolean) ?? all[0];
  if (!last) return;
  chooser.value = last.id;
  enter(last.id);
}

function enter(id) {
  subscription?.close();
  municipalityId = id;
  sessionStorage.setItem(CHOSEN, id);
  levels.clear();
  rates = [0];
  alerts.forget();
  setText(byId('municipality'), '');
  setText(byId('trouble'), '');
  subscription = new Subscription((renew) => freshToken(session, renew), id, {
    event: (message) => receive(message),
    state: (name) => showState(name),
    fresh: () => void load(id).catch(trouble),
    ended: () => leave('Your session has ended. Please sign in again.'),
  });
}

/** Loads how things stand; events that arrive meanwhile are newer and win. */
async function load(id) {
  const scope = { municipalityId: id };
  const [municipality, found, sensors, types, latest] = await Promise.all([
    get(session, `/municipalities/${encodeURIComponent(id)}`),
    list(session, '/devices', scope),
    list(session, '/sensors', scope),
    list(session, '/sensor-types'),
    list(session, '/readings/latest', scope),
  ]);
  if (id !== municipalityId) return;
  const own = found.filter((device) => device.municipalityId === id);
  setText(byId('municipality'), municipality.name);
  devices.draw(own, sensors, new Map(types.map((type) => [type.code, type])));
  map.draw(own);
  levels.clear();
  for (const reading of latest) showReading(reading);
  await loadAlerts(id, scope);
  for (const { deviceId } of own) showMark(deviceId);
  showFigures();
}

async function loadAlerts(id, scope) {
  const open = await list(session, '/alerts', { ...scope, status: 'ACTIVE,ACKNOWLEDGED' });
  if (id === municipalityId) alerts.load(open);
}

function receive({ event, data }) {
  if (event === 'reading') {
    rates[rates.length - 1]++;
    showReading(data);
  } else if (event === 'alert') {
    alerts.change(data);
    showMark(data.deviceId);
    showFigures();
  } else if (event === 'device' && data.change === 'status') {
    // A fault is worth more than that the device is heard.
    const isFaulty = data.health.conditions.includes('FAULT_REPORTED');
    devices.status(data.deviceId, isFaulty ? 'fault' : data.health.status);
  }
}

function showReading(reading) {
  const level = devices.reading(reading);
  if (level === undefined) return;
  levels.set(reading.deviceId, level);
  showMark(reading.deviceId);
}

function showMark(deviceId) {
  map.show(deviceId, levels.get(deviceId) ?? UNKNOWN, alerts.hasAlert(deviceId));
}

function showFigures() {
  const open = alerts.all;
  const severe = open.filter(({ severity }) => levelOf(severity) >= 2).length;
  setText(byId('figure-alerts'), String(open.length));
  setText(byId('figure-critical'), String(severe));
  byId('figure-critical').parentElement.classList.toggle('severe', severe > 0);
  document.title = open.length > 0 ? `(${open.length}) HydroAlert · Live` : 'HydroAlert · Live';
}

function showState(name) {
  byId('connection').dataset.state = name;
  setText(byId('connection'), STATES[name]);
}

function tick() {
  if (!session) return;
  const now = Date.now();
  devices.tick(now);
  alerts?.tick(now);
  const { online, all } = devices.countOnline(now);
  setText(byId('figure-devices'), `${online} / ${all}`);
  const rate = rates.reduce((sum, count) => sum + count, 0) / rates.length;
  setText(byId('figure-rate'), rate.toFixed(rate < 10 ? 1 : 0));
  rates = [...rates, 0].slice(-RATE_SECONDS);
}

function trouble(error) {
  if (error.status === 401) leave('Your session has ended. Please sign in again.');
  else setText(byId('trouble'), error.message);
}

/** Shows the door. */
function leave(reason) {
  subscription?.close();
  subscription = null;
  session = null;
  endSession();
  byId('room').hidden = true;
  byId('sign-in').hidden = false;
  setText(byId('sign-in-problem'), reason);
  byId('email').focus();
}
