import { describe, expect, it } from 'vitest';
import { accessDecisionOf } from './access-decision.js';
import { DeviceAccess, FromBroker, Public, RequirePermission, SignedIn, SystemJob } from './access.decorators.js';

class Handlers {
  @Public()
  open(): void {}

  @SignedIn()
  own(): void {}

  @SystemJob()
  prune(): void {}

  @RequirePermission('alert:acknowledge')
  acknowledge(): void {}

  @DeviceAccess()
  deliver(): void {}

  @FromBroker()
  take(): void {}

  undecided(): void {}
}

const decisionOf = (name: keyof Handlers): unknown => accessDecisionOf(Handlers.prototype[name]);

describe('access decisions', () => {
  it('are recorded on the handler', () => {
    expect(decisionOf('open')).toEqual({ kind: 'public' });
    expect(decisionOf('own')).toEqual({ kind: 'signed-in' });
    expect(decisionOf('prune')).toEqual({ kind: 'system-job' });
    expect(decisionOf('acknowledge')).toEqual({ kind: 'permission', permission: 'alert:acknowledge' });
    expect(decisionOf('deliver')).toEqual({ kind: 'device' });
    expect(decisionOf('take')).toEqual({ kind: 'from-broker' });
    expect(decisionOf('undecided')).toBeUndefined();
  });

  it('cannot contradict each other', () => {
    expect(() => {
      class Twice {
        @Public()
        @RequirePermission('rule:write')
        change(): void {}
      }
      return Twice;
    }).toThrow('Twice.change has two access decisions');
  });
});
