import type { Settings } from './settings';
import { numbers } from './settings';

export interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** A message as the API takes it. */
export type WireMessage =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string | null; tool_calls?: ToolCall[] }
  | { role: 'tool'; content: string; tool_call_id: string };

export type ChatBody = { model: string; messages: WireMessage[] } & Record<string, unknown>;

/** The request of a conversation, with nothing in it that was not asked for. */
export function bodyOf(model: string, settings: Settings, messages: WireMessage[]): ChatBody {
  const system: WireMessage[] = settings.system.trim() === '' ? [] : [{ role: 'system', content: settings.system }];
  const body: ChatBody = { model, messages: [...system, ...messages] };
  for (const { id, label } of numbers) {
    const text = settings[id].trim();
    if (text === '') continue;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`${label}: “${text}” is no number.`);
    body[id] = value;
  }
  const stop = settings.stop.split('\n').filter((line) => line !== '');
  if (stop.length > 0) body.stop = stop;
  if (settings.logprobs) Object.assign(body, { logprobs: true, top_logprobs: 5 });
  if (settings.format === 'json_object') body.response_format = { type: 'json_object' };
  if (settings.format === 'json_schema') body.response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: parse('JSON schema', settings.schema) } };
  if (settings.tools.trim() !== '') {
    const tools = parse('Tools', settings.tools);
    if (!Array.isArray(tools)) throw new Error('Tools: a list of tools is expected.');
    if (tools.length > 0) body.tools = tools;
  }
  return body;
}

export const streamed = (body: ChatBody): ChatBody => ({ ...body, stream: true, stream_options: { include_usage: true } });

function parse(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${field}: ${(error as Error).message}`);
  }
}
