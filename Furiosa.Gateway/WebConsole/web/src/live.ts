import { computed, signal } from '@preact/signals';
import { call, getJson, keyWanted } from './api';
import { readEvents } from './sse';
import type { JournalEvent, Picture, Point, RequestSummary, Tick } from './types';

const pointsKept = 300;
const eventsKept = 1000;
const longestPause = 10_000;

export const picture = signal<Picture | null>(null);
export const points = signal<Point[]>([]);
export const requests = signal<RequestSummary[]>([]);
export const events = signal<JournalEvent[]>([]);
export const link = signal<'connecting' | 'live' | 'lost'>('connecting');
export const serverState = computed(() => {
  if (keyWanted.value !== 'no') return 'locked';
  if (link.value === 'lost') return 'unreachable';
  const state = picture.value?.server.state ?? 'connecting';
  return state === 'serving' && isDegraded(picture.value!) ? 'degraded' : state;
});

/** Whether this node has no clients of its own, so that there is nobody to ask it and nothing to list. */
export const asksGateways = computed(() => picture.value?.model !== undefined && picture.value.model.name === null);

/** Whether something is missing that was there: requests are served, but whoever runs the server should look. */
const isDegraded = ({ nodes = [], replicas = [] }: Picture) =>
  nodes.some((node) => node.state === 'lost') || replicas.some((replica) => ['lost', 'failed'].includes(replica.state));

/** Follows the stream for as long as the page is open, and comes back after every interruption. */
export async function follow() {
  for (let pause = 500; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      const history = await getJson<{ points: Point[] }>(`/history?seconds=${pointsKept}`);
      points.value = history.points;
      const response = await call('/stream');
      // A stream tells all events anew.
      events.value = [];
      for await (const data of readEvents(response.body!)) {
        take(JSON.parse(data) as Tick);
        pause = 500;
      }
    } catch {
      // Said by what is shown: the link is lost, or a key is asked for.
    }
    if (keyWanted.value !== 'no') return;
    link.value = 'lost';
    await new Promise((resume) => setTimeout(resume, pause));
  }
}

function take(tick: Tick) {
  link.value = 'live';
  picture.value = tick;
  requests.value = tick.requests;
  if (tick.events.length > 0) events.value = [...events.value, ...tick.events].slice(-eventsKept);
  const last = points.value.at(-1);
  if (tick.point && tick.point.time !== last?.time) points.value = [...points.value, tick.point].slice(-pointsKept);
}
