import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices.module.js';
import { CommandAnswersService } from './command-answers.service.js';
import { CommandEvents } from './command-events.js';
import { CommandSender } from './command-sender.js';
import { CommandStore } from './command-store.js';
import { CommandTimeouts } from './command-timeouts.js';
import { CommandsController } from './commands.controller.js';
import { CommandsMqttController } from './commands.mqtt.controller.js';
import { CommandsService } from './commands.service.js';
import { DeviceGroupsController } from './groups/device-groups.controller.js';
import { DeviceGroupsService } from './groups/device-groups.service.js';
import { GroupCommandsController } from './groups/group-commands.controller.js';
import { GroupCommandsService } from './groups/group-commands.service.js';
import { GroupMembersService } from './groups/group-members.service.js';

const GROUPS = [DeviceGroupsService, GroupCommandsService, GroupMembersService];

/** Commands to devices and groups of devices: sending, answers, time limits. Needs a PoisonSink. */
@Module({
  imports: [DevicesModule],
  controllers: [CommandsController, CommandsMqttController, DeviceGroupsController, GroupCommandsController],
  providers: [
    CommandAnswersService,
    CommandEvents,
    CommandSender,
    CommandStore,
    CommandTimeouts,
    CommandsService,
    ...GROUPS,
  ],
})
export class CommandsModule {}
