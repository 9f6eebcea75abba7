/** A device is late after more than this many heartbeat intervals without a sign of life … */
export const LATE_AFTER_INTERVALS = 1.5;
/** … and offline after this many: two signs in a row may get lost. */
export const OFFLINE_AFTER_INTERVALS = 3;
/** A device that lives and sends no readings for more than this many of its reporting intervals has no data. */
export const NO_DATA_AFTER_INTERVALS = 3;

/** Percent: at or below, a battery is low. Lead-acid and LiFePO4 cells age quickly when they are emptied further. */
export const BATTERY_LOW = 20;
/** Percent: from here on a battery that was low is not any more; solar chargers go up and down by less in a day. */
export const BATTERY_GOOD = 25;

/**
 * dBm: at or below, a signal is weak. 3GPP TS 27.007 (+CSQ) counts from −113 dBm, "or less", upwards in steps of 2 dB: at
 * −110 a modem is within two steps of hearing nothing.
 */
export const SIGNAL_WEAK = -110;
/** dBm: from here on a signal that was weak is not any more. */
export const SIGNAL_GOOD = -105;

/** Without readings whose time is right meanwhile, a clock counts as wrong for this long after the last wrong one (ms). */
export const CLOCK_WRONG_HELD_MS = 24 * 3_600_000;

/** Devices of a suspended municipality are looked at this often, to see that it is back (ms). */
export const SUSPENDED_LOOK_MS = 10 * 60_000;
