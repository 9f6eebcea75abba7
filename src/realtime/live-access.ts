import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import type { AuthenticatedUser } from '../auth/authenticated-user.js';
import { BadRequestError, ForbiddenError, NotFoundError } from '../common/errors/errors.js';
import { Sensor } from '../devices/sensors/sensor.entity.js';
import { MunicipalityService } from '../municipalities/municipality.service.js';
import { mainMunicipalityOf, permissionsIn } from '../users/principal.js';
import { permissionOfTopic, sensorOfTopic, type Topic } from './live-topics.js';

/** Decides what somebody may listen to. Needs the tenant scope of the caller in the request context. */
@Injectable()
export class LiveAccess {
  constructor(
    private readonly em: EntityManager,
    private readonly municipalities: MunicipalityService,
  ) {}

  /**
   * The municipality that a subscription is about: the caller's own unless it names one.
   * @throws BadRequestError `MUNICIPALITY_REQUIRED`, NotFoundError `MUNICIPALITY_NOT_FOUND`, also for another tenant's
   */
  async municipalityOf(user: AuthenticatedUser, named: string | undefined): Promise<string> {
    const main = mainMunicipalityOf(user);
    const id = named ?? main;
    if (id === null) throw new BadRequestError('MUNICIPALITY_REQUIRED', 'Name the municipality (municipalityId).');
    if (id !== main) await this.municipalities.get(id);
    return id;
  }

  /** @throws ForbiddenError for a topic beyond the caller's rights, NotFoundError `SENSOR_NOT_FOUND` */
  async requireTopics(user: AuthenticatedUser, municipalityId: string, topics: readonly Topic[]): Promise<void> {
    const permissions = permissionsIn(user, municipalityId);
    const forbidden = topics.find((topic) => !permissions.has(permissionOfTopic(topic)));
    if (forbidden !== undefined) throw new ForbiddenError('FORBIDDEN', `You may not subscribe to ${forbidden}.`);
    const sensorIds = topics.flatMap((topic) => sensorOfTopic(topic) ?? []);
    if (sensorIds.length === 0) return;
    const found = await this.em.fork().count(Sensor, { id: { $in: sensorIds }, municipalityId });
    if (found < sensorIds.length) {
      throw new NotFoundError('SENSOR_NOT_FOUND', 'The municipality has no such sensor.');
    }
  }
}
