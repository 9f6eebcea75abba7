import { topicExpression } from './topics.js';

interface Route<T> {
  readonly expression: RegExp;
  readonly target: T;
}

/** Finds what is registered for a topic: the first pattern, in the order of registration, that matches. */
export class TopicRouter<T> {
  private readonly routes: Route<T>[] = [];

  add(pattern: string, target: T): void {
    this.routes.push({ expression: topicExpression(pattern), target });
  }

  find(topic: string): T | undefined {
    for (const route of this.routes) if (route.expression.test(topic)) return route.target;
    return undefined;
  }
}
