import { Module } from '@nestjs/common';
import { DashboardsController } from './dashboards.controller.js';
import { DashboardsService } from './dashboards.service.js';

/** Arrangements of widgets, shared or personal. */
@Module({ controllers: [DashboardsController], providers: [DashboardsService] })
export class DashboardsModule {}
