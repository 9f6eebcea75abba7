import { DeviceFactsReader } from './device-facts.js';
import { DeviceLife } from './device-life.js';
import { HealthSummaryService } from './health-summary.service.js';
import { AvailabilityReader } from './history/availability-reader.js';
import { AvailabilityService } from './history/availability.service.js';
import { StatusHistoryService } from './history/status-history.service.js';
import { LifeChanges } from './life-changes.js';
import { ListeningWatch } from './listening/listening-watch.js';
import { Listening } from './listening/listening.js';
import { MunicipalityLives } from './municipality-lives.js';
import { MaintenanceService } from './maintenance/maintenance.service.js';
import { PresenceIntakeService } from './presence-intake.service.js';
import { PresenceService } from './presence.service.js';
import { PresenceStore } from './presence.store.js';
import { SignsOfLife } from './signs-of-life.js';
import { Sweeper } from './sweep/sweeper.js';

/** What keeps and judges the life of devices. */
export const HEARTBEAT = [
  AvailabilityReader,
  AvailabilityService,
  DeviceFactsReader,
  DeviceLife,
  HealthSummaryService,
  LifeChanges,
  Listening,
  ListeningWatch,
  MaintenanceService,
  MunicipalityLives,
  PresenceIntakeService,
  PresenceService,
  PresenceStore,
  SignsOfLife,
  StatusHistoryService,
  Sweeper,
];
