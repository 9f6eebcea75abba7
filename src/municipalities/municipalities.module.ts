import { Module } from '@nestjs/common';
import { MunicipalitiesController } from './municipalities.controller.js';
import { MunicipalityChanges } from './municipality-changes.js';
import { MunicipalityService } from './municipality.service.js';

/** Tenancy: the municipalities of the country. Rooms above take part in what becomes of them (`MunicipalityChanges`). */
@Module({
  controllers: [MunicipalitiesController],
  providers: [MunicipalityChanges, MunicipalityService],
  exports: [MunicipalityChanges, MunicipalityService],
})
export class MunicipalitiesModule {}
