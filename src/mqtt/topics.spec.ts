import { describe, expect, it } from 'vitest';
import { TopicRouter } from './topic-router.js';
import { deviceIdOf, secondLevelOf, subscriptionOf, topicExpression, topicOf, TOPICS } from './topics.js';

describe('topics', () => {
  it('puts a device into a pattern and takes it out of the topic again', () => {
    expect(topicOf(TOPICS.command, 'river-7')).toBe('system/river-7/command');
    expect(deviceIdOf('sensors/river-7/data')).toBe('river-7');
  });

  it.each(['', 'ab', 'a/b', 'a+b', 'dev#1', 'x'.repeat(65), 'gerät'])('refuses "%s" as a device id', (id) => {
    expect(() => topicOf(TOPICS.command, id)).toThrow(RangeError);
    expect(deviceIdOf(`sensors/${id}/data`)).toBeUndefined();
  });

  it.each([
    ['sensors', ''],
    ['sensors/', ''],
    ['sensors/a', 'a'],
    ['sensors/a/b/c', 'a'],
    ['/a/b', 'a'],
  ])('second level of "%s" is "%s"', (topic, level) => {
    expect(secondLevelOf(topic)).toBe(level);
  });

  it('shares a pattern among a group', () => {
    expect(subscriptionOf(TOPICS.data)).toBe('sensors/+/data');
    expect(subscriptionOf(TOPICS.data, 'ingest')).toBe('$share/ingest/sensors/+/data');
    expect(() => subscriptionOf(TOPICS.data, 'a/b')).toThrow(RangeError);
  });

  it.each([
    ['sensors/+/data', 'sensors/a/data', true],
    ['$share/g/sensors/+/data', 'sensors/a/data', true],
    ['sensors/+/data', 'sensors//data', true],
    ['sensors/+/data', 'sensors/a/b/data', false],
    ['sensors/+/data', 'sensors/a/data/x', false],
    ['sensors/+/data', 'xsensors/a/data', false],
    ['sensors/+/data', 'sensors/a\nb/data', true],
    ['a.c/+', 'abc/x', false],
    ['sensors/#', 'sensors', true],
    ['sensors/#', 'sensors/a/b', true],
    ['#', 'anything/at/all', true],
    ['#', '$SYS/broker', false],
    ['+/broker', '$SYS/broker', false],
  ])('%s matches %s: %s', (pattern, topic, matches) => {
    expect(topicExpression(pattern).test(topic)).toBe(matches);
  });

  it('routes to the first pattern that matches', () => {
    const router = new TopicRouter<string>();
    router.add('sensors/+/data', 'data');
    router.add('sensors/+/status', 'status');
    router.add('#', 'rest');
    expect(['sensors/a/data', 'sensors/a/status', 'sensors/a/x'].map((topic) => router.find(topic))).toEqual([
      'data',
      'status',
      'rest',
    ]);
    expect(router.find('$SYS/x')).toBeUndefined();
  });
});
