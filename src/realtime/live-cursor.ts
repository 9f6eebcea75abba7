import { BadRequestError } from '../common/errors/errors.js';
import { comparePlaces, type Place } from './live-place.js';

/** What a client has seen of a municipality's log. */
export interface LiveCursor {
  /** Every topic but `readings` was told up to here. */
  readonly place: Place;
  /** `readings` was told up to here, when it is further behind: the place before the oldest reading that waits. */
  readonly waiting: Place | null;
}

/** Municipality (the end of its id), place, place of waiting readings, and what makes a late one unique. */
const PATTERN = /^([0-9a-f]{8})\.(\d{1,15})\.(\d{1,9})(?:\.(\d{1,15})\.(\d{1,9}))?(?:~\d+\.\d+)?$/;

/**
 * Packs a cursor into opaque text (base64url).
 * @param told place of a reading that is told after others which came later; keeps its cursor apart from theirs
 */
export function encodeLiveCursor(municipalityId: string, { place, waiting }: LiveCursor, told?: Place): string {
  const parts = [tagOf(municipalityId), place.row, place.inside];
  if (waiting) parts.push(waiting.row, waiting.inside);
  const text = parts.join('.') + (told ? `~${told.row}.${told.inside}` : '');
  return Buffer.from(text, 'latin1').toString('base64url');
}

/**
 * Unpacks a cursor and checks that it belongs to the municipality.
 * @throws BadRequestError `CURSOR_INVALID`
 */
export function decodeLiveCursor(text: string, municipalityId: string): LiveCursor {
  const match = PATTERN.exec(Buffer.from(text, 'base64url').toString('latin1'));
  if (match?.[1] !== tagOf(municipalityId)) throw invalid();
  const place = { row: Number(match[2]), inside: Number(match[3]) };
  const waiting = match[4] === undefined ? null : { row: Number(match[4]), inside: Number(match[5]) };
  if (waiting && comparePlaces(waiting, place) > 0) throw invalid();
  return { place, waiting };
}

/** Positions of different municipalities have nothing to do with each other, so a cursor carries whose it is. */
function tagOf(municipalityId: string): string {
  return municipalityId.slice(-8);
}

function invalid(): BadRequestError {
  return new BadRequestError('CURSOR_INVALID', 'The cursor is not one of this municipality.');
}
