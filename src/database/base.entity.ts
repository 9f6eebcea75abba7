import { p } from '@mikro-orm/core';
import { newId } from '../common/ids.js';

/** Property set: primary key, a UUIDv7 made by the application, so that it is known before the insert. */
export const idProperty = {
  id: p
    .uuid()
    .primary()
    .onCreate(() => newId()),
};

/** Property set: when the row was made and last changed (UTC, milliseconds). */
export const timestampProperties = {
  createdAt: p.datetime(3).onCreate(() => new Date()),
  updatedAt: p
    .datetime(3)
    .onCreate(() => new Date())
    .onUpdate(() => new Date()),
};
