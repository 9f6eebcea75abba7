import { describe, expect, it, vi } from 'vitest';
import { IntakeGate } from './intake-gate.js';
import { MqttCounters } from './mqtt-connection-state.js';

function setUp() {
  const counters = new MqttCounters();
  const gate = new IntakeGate({ maxInFlightMessages: 8, maxInFlightBytes: 1000 }, counters);
  return { gate, counters };
}

describe('IntakeGate', () => {
  it('is full at the limit of messages and lets go on when a quarter is free', () => {
    const { gate, counters } = setUp();
    for (let index = 0; index < 8; index += 1) gate.enter(1);
    expect(gate.isFull()).toBe(true);
    const next = vi.fn();
    gate.park(next);
    gate.leave(2, 2);
    expect(next).not.toHaveBeenCalled();
    expect(counters).toMatchObject({ parked: true, parkings: 1, inFlight: 6 });
    gate.leave(1, 1);
    expect(next).toHaveBeenCalledOnce();
    expect(counters).toMatchObject({ parked: false, inFlight: 5, inFlightBytes: 5 });
  });

  it('is full at the limit of bytes', () => {
    const { gate } = setUp();
    gate.enter(999);
    expect(gate.isFull()).toBe(false);
    gate.enter(1);
    expect(gate.isFull()).toBe(true);
  });

  it('lets every parked reader go on when it is opened, each once', () => {
    const { gate, counters } = setUp();
    for (let index = 0; index < 8; index += 1) gate.enter(1);
    const next = vi.fn();
    gate.park(next);
    gate.park(next);
    gate.open();
    gate.open();
    expect(next).toHaveBeenCalledTimes(2);
    expect(counters).toMatchObject({ parked: false, parkings: 1 });
  });
});
