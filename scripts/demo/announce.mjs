/** Tells people where to look and how to sign in. */

/**
 * @param {ReturnType<typeof import('./seed.mjs').writeDemoFile>} demo
 * @param {{ simulator: boolean, folder: import('./folder.mjs').DemoFolder, seconds: number }} run
 */
export function announce(demo, { simulator, folder, seconds }) {
  // Not one that the simulator speaks for: a second client of the same id would throw it out.
  const example = demo.devices.find((device) => device.mqtt && device.simulated === false);
  const lines = [
    '',
    `HydroAlert is ready (${seconds.toFixed(0)} s).`,
    '',
    `  Live page   ${demo.url}/`,
    `  API docs    ${demo.url}/docs`,
    `  MQTT        ${demo.mqttUrl}`,
    `  Database    ${demo.databaseUrl}`,
    `  Redis       ${demo.redisUrl}`,
    '',
    'Sign in as',
    ...table(demo.users.map((user) => [user.role, user.email, user.password])),
    '',
    ...(example ? deviceLines(demo, example) : []),
    `${demo.devices.length} devices, ${simulator ? `${demo.devices.filter(({ simulated }) => simulated !== false).length} of them simulated` : 'no simulator'}; all credentials: ${folder.demoFile}`,
    `Logs: ${folder.logFolder()}`,
    'Ctrl-C stops everything; the data stay for the next start.',
    '',
  ];
  console.log(lines.join('\n'));
}

function deviceLines(demo, { deviceId, mqtt, metrics }) {
  const { hostname, port } = new URL(demo.mqttUrl);
  const user = mqtt ? ` -u '${mqtt.username}' -P '${mqtt.password}'` : '';
  const payload = JSON.stringify({ values: { [metrics[0] ?? 'water_level_cm']: 45.5 } });
  return [
    'Publish a reading yourself',
    `  mosquitto_pub -h ${hostname} -p ${port || 1883}${user} -i ${deviceId} -q 1 -t sensors/${deviceId}/data -m '${payload}'`,
    '',
  ];
}

function table(rows) {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length))) ?? [];
  return rows.map((row) => `  ${row.map((cell, column) => String(cell).padEnd(widths[column])).join('  ')}`.trimEnd());
}
