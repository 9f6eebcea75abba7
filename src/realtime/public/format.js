/** Risk levels and severities from the mildest. */
export const LEVELS = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

/** Level of what has not reported yet: no data is not low risk. */
export const UNKNOWN = -1;

/** Name of a level as styles know it. */
export const riskName = (level) => LEVELS[level] ?? 'UNKNOWN';

export const levelOf = (name) => Math.max(0, LEVELS.indexOf(name));

const UNITS = { percent: '%', celsius: '°C' };

/** `water_level_cm` → `Water level`: the unit stands beside the value. */
export function metricName(code) {
  const words = code.replace(/_(cm|mm|m3h|bar|c|ntu|mg_l)$/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function unitName(unit) {
  return UNITS[unit] ?? unit ?? '';
}

/** A value with as many digits as its sensor type shows. */
export function valueText(value, precision = 2) {
  return value.toLocaleString('en', { minimumFractionDigits: precision, maximumFractionDigits: precision });
}

/** `3 min ago`; times of devices may lie a little ahead. */
export function ago(instant, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  if (seconds < 5) return 'now';
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

export function clockTime(instant) {
  return new Date(instant).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false });
}
