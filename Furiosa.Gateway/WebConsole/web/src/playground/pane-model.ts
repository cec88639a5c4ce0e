import { signal } from '@preact/signals';
import { call } from '../api';
import { readEvents } from '../sse';
import { bodyOf, streamed, type ChatBody, type ToolCall, type WireMessage } from './request';
import { defaults, type Settings } from './settings';

export interface Token {
  token: string;
  logprob: number;
  bytes: number[] | null;
  top_logprobs: { token: string; logprob: number }[];
}

export interface Turn {
  role: 'user' | 'assistant' | 'tool';
  content: string;
  reasoning: string;
  tokens: Token[];
  calls: ToolCall[];
  callId?: string;
  finish?: string;
  usage?: { prompt_tokens: number; completion_tokens: number };
  firstMs?: number;
  totalMs?: number;
  error?: string;
  requestId?: string;
}

const turn = (role: Turn['role'], content: string, more: Partial<Turn> = {}): Turn => ({ role, content, reasoning: '', tokens: [], calls: [], ...more });

/** One conversation with its own settings. */
export class PaneModel {
  readonly settings = signal<Settings>({ ...defaults });
  readonly turns = signal<Turn[]>([]);
  readonly running = signal(false);
  private stopping: AbortController | null = null;

  constructor(readonly name: string) {}

  set(change: Partial<Settings>) {
    this.settings.value = { ...this.settings.value, ...change };
  }

  clear() {
    this.stop();
    // What is still under way no longer belongs to what is shown.
    this.stopping = null;
    this.running.value = false;
    this.turns.value = [];
  }

  stop() {
    this.stopping?.abort();
  }

  /** The request that asks `next`, or else the last one that was asked: without its answer. */
  body(model: string, next?: string): ChatBody {
    const asked = this.turns.value.slice(0, this.turns.value.findLastIndex((one) => one.role !== 'assistant') + 1);
    const turns = next === undefined ? asked : [...this.turns.value, turn('user', next)];
    return bodyOf(model, this.settings.value, turns.filter((one) => !one.error).map(wire));
  }

  /** Asks, and shows the answer as it comes. */
  ask(model: string, text: string) {
    return this.continueWith(model, [turn('user', text)]);
  }

  /** Gives the results of tools, and lets the model go on. */
  answerTools(model: string, results: { id: string; content: string }[]) {
    return this.continueWith(model, results.map(({ id, content }) => turn('tool', content, { callId: id })));
  }

  private async continueWith(model: string, asked: Turn[]) {
    if (this.running.value) return;
    const began = performance.now();
    let answer = turn('assistant', '');
    const stopping = (this.stopping = new AbortController());
    const before = [...this.turns.value, ...asked];
    let frame = 0;
    const draw = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      if (this.stopping === stopping) this.turns.value = [...before, answer];
    };
    const show = (change: Partial<Turn>) => {
      answer = { ...answer, ...change };
      draw();
    };
    // Once a frame: a small model says more tokens a second than can be drawn one by one, and the page must still hear who presses Stop.
    const add = (change: Partial<Turn>) => {
      answer = { ...answer, ...change };
      frame ||= requestAnimationFrame(draw);
    };
    this.turns.value = before;
    this.running.value = true;
    try {
      const body = streamed(this.body(model));
      show({});
      const response = await call('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body), signal: stopping.signal });
      show({ requestId: response.headers.get('X-Request-Id') ?? undefined });
      for await (const data of readEvents(response.body!)) {
        if (data === '[DONE]') break;
        add(read(JSON.parse(data), answer, performance.now() - began));
      }
      show({ totalMs: performance.now() - began });
    } catch (error) {
      if (stopping.signal.aborted) show({ finish: 'stopped by you', totalMs: performance.now() - began });
      else show({ error: (error as Error).message });
    } finally {
      if (this.stopping === stopping) this.running.value = false;
    }
  }
}

/** What a chunk of the stream adds to an answer. */
function read(chunk: any, answer: Turn, ms: number): Partial<Turn> {
  const change: Partial<Turn> = {};
  if (chunk.error) throw new Error(chunk.error.message);
  if (chunk.usage) change.usage = chunk.usage;
  const choice = chunk.choices?.[0];
  if (!choice) return change;
  const { content, reasoning, reasoning_content, tool_calls: calls } = choice.delta ?? {};
  const thought = reasoning_content ?? reasoning;
  if (content) change.content = answer.content + content;
  if (thought) change.reasoning = answer.reasoning + thought;
  if (choice.logprobs?.content) change.tokens = [...answer.tokens, ...choice.logprobs.content];
  if (calls) change.calls = merge(answer.calls, calls);
  if (choice.finish_reason) change.finish = choice.finish_reason;
  if (answer.firstMs === undefined && (content || thought || calls)) change.firstMs = ms;
  return change;
}

function merge(known: ToolCall[], parts: any[]): ToolCall[] {
  const calls = known.map((call) => ({ ...call, function: { ...call.function } }));
  for (const part of parts) {
    const call = (calls[part.index] ??= { id: '', type: 'function', function: { name: '', arguments: '' } });
    if (part.id) call.id = part.id;
    if (part.function?.name) call.function.name = part.function.name;
    call.function.arguments += part.function?.arguments ?? '';
  }
  return calls;
}

function wire(one: Turn): WireMessage {
  if (one.role === 'tool') return { role: 'tool', content: one.content, tool_call_id: one.callId ?? '' };
  if (one.role === 'user') return { role: 'user', content: one.content };
  return one.calls.length > 0 ? { role: 'assistant', content: one.content || null, tool_calls: one.calls } : { role: 'assistant', content: one.content };
}
