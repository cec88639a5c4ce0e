// Strict JSON schemas of the answers, written from OpenAI's published API description: every object names all its members, the required
// ones and those that may be left out, and nothing else may stand in it. Members that OpenAI's description has not are this server's own.
const string = { type: "string" };
const integer = { type: "integer" };
const number = { type: "number" };
const boolean = { type: "boolean" };
const nothing = { type: "null" };
const value = (constant) => ({ const: constant });
const oneOf = (...values) => ({ enum: values });
const nullable = (schema) => ({ anyOf: [schema, nothing] });
const list = (items, more = {}) => ({ type: "array", items, ...more });
const object = (required, optional = {}) => ({
  type: "object", properties: { ...required, ...optional }, required: Object.keys(required), additionalProperties: false,
});

const usage = object(
  { prompt_tokens: integer, completion_tokens: integer, total_tokens: integer },
  { prompt_tokens_details: object({ cached_tokens: integer }), completion_tokens_details: object({ reasoning_tokens: integer }) });
const stopReason = { anyOf: [string, integer, nothing] };
const ids = list(integer);

const bytes = list({ type: "integer", minimum: 0, maximum: 255 });
const logprob = { type: "number", maximum: 0 };
const topLogprob = object({ token: string, logprob, bytes: nullable(bytes) });
const chatLogprobs = object({
  content: nullable(list(object({ token: string, logprob, bytes: nullable(bytes), top_logprobs: list(topLogprob) }))), refusal: nothing,
});
const promptLogprobs = nullable(list(nullable({
  type: "object", propertyNames: { pattern: "^[0-9]+$" }, additionalProperties: object({ logprob, rank: { type: "integer", minimum: 1 }, decoded_token: string }),
})));

const call = object({ id: { type: "string", minLength: 9 }, type: value("function"), function: object({ name: string, arguments: string }) });
const reasoning = { reasoning: string, reasoning_content: string };
const message = object(
  { role: value("assistant"), content: nullable(string), refusal: nullable(string) },
  { tool_calls: list(call, { minItems: 1 }), function_call: object({ name: string, arguments: string }), ...reasoning });
const finish = oneOf("stop", "length", "tool_calls", "content_filter", "function_call");

const head = (id, kind) => ({ id: { type: "string", pattern: id }, object: value(kind), created: integer, model: string });

export const chat = object(
  {
    ...head("^chatcmpl-", "chat.completion"), usage,
    choices: list(object({ index: integer, message, logprobs: nullable(chatLogprobs), finish_reason: finish }, { stop_reason: stopReason, token_ids: ids }), { minItems: 1 }),
  },
  { system_fingerprint: string, service_tier: nullable(string), prompt_logprobs: promptLogprobs, prompt_token_ids: ids });

const callDelta = object(
  { index: integer, function: object({ arguments: string }, { name: string }) }, { id: { type: "string", minLength: 9 }, type: value("function") });
const delta = object({}, {
  role: value("assistant"), content: nullable(string), refusal: nullable(string), tool_calls: list(callDelta, { minItems: 1 }),
  function_call: object({ arguments: string }, { name: string }), ...reasoning,
});
export const chatChunk = object(
  {
    ...head("^chatcmpl-", "chat.completion.chunk"),
    choices: list(object({ index: integer, delta, logprobs: nullable(chatLogprobs), finish_reason: nullable(finish) }, { stop_reason: stopReason, token_ids: ids })),
  },
  { system_fingerprint: string, service_tier: nullable(string), usage: nullable(usage), prompt_token_ids: ids });

const completionLogprobs = object({
  text_offset: list(integer), token_logprobs: list(nullable(logprob)), tokens: list(string),
  top_logprobs: list(nullable({ type: "object", additionalProperties: logprob })),
});
const completionChoice = (reason) => object(
  { index: integer, text: string, logprobs: nullable(completionLogprobs), finish_reason: reason },
  { stop_reason: stopReason, prompt_logprobs: promptLogprobs, token_ids: ids, prompt_token_ids: ids });
const completionFinish = oneOf("stop", "length", "content_filter");
export const completion = object(
  { ...head("^cmpl-", "text_completion"), choices: list(completionChoice(completionFinish), { minItems: 1 }), usage },
  { system_fingerprint: string, prompt_logprobs: promptLogprobs });
export const completionChunk = object(
  { ...head("^cmpl-", "text_completion"), choices: list(completionChoice(nullable(completionFinish))) },
  { system_fingerprint: string, usage: nullable(usage) });

export const embeddings = object({
  object: value("list"), model: string, usage: object({ prompt_tokens: integer, total_tokens: integer }),
  data: list(object({ object: value("embedding"), index: integer, embedding: { anyOf: [list(number, { minItems: 1 }), string] } }), { minItems: 1 }),
});

export const model = object(
  { id: string, object: value("model"), created: integer, owned_by: string }, { root: string, parent: nothing, max_model_len: integer });
export const models = object({ object: value("list"), data: list(model, { minItems: 1 }) });

export const error = object({ error: object({ message: { type: "string", minLength: 1 }, type: string, param: nullable(string), code: nullable(string) }) });

export const tokenize = object({ count: integer, max_model_len: integer, tokens: ids, token_strs: nullable(list(string)) });
export const detokenize = object({ prompt: string });

// Responses.
const responseLogprob = object({ token: string, logprob, bytes, top_logprobs: list(object({ token: string, logprob, bytes })) });
const eventLogprob = object({ token: string, logprob, top_logprobs: list(object({ token: string, logprob })) });
const outputText = object({ type: value("output_text"), text: string, annotations: list(false), logprobs: list(responseLogprob) });
const reasoningText = object({ type: value("reasoning_text"), text: string });
const status = oneOf("in_progress", "completed", "incomplete");
const outputItem = {
  anyOf: [
    object({ type: value("message"), id: string, status, role: value("assistant"), content: list(outputText) }),
    object({ type: value("function_call"), id: string, status, call_id: string, name: string, arguments: string }),
    object({ type: value("reasoning"), id: string, status, summary: list(false), content: list(reasoningText) }),
  ],
};
const tool = object({
  type: value("function"), name: string, description: nullable(string), parameters: nullable({ type: "object" }), strict: nullable(boolean),
});
const format = {
  anyOf: [
    object({ type: value("text") }), object({ type: value("json_object") }),
    object({ type: value("json_schema"), name: string, schema: { type: "object" }, description: nullable(string), strict: nullable(boolean) }),
  ],
};
const responseUsage = object({
  input_tokens: integer, input_tokens_details: object({ cached_tokens: integer }), output_tokens: integer,
  output_tokens_details: object({ reasoning_tokens: integer }), total_tokens: integer,
});
export const response = object({
  id: { type: "string", pattern: "^resp_[0-9a-z]+_[0-9a-f]+$" }, object: value("response"), created_at: integer, completed_at: nullable(integer),
  status: oneOf("completed", "failed", "in_progress", "cancelled", "queued", "incomplete"),
  error: nullable(object({ code: string, message: string })), incomplete_details: nullable(object({ reason: oneOf("max_output_tokens", "content_filter") })),
  model: string, output: list(outputItem), usage: nullable(responseUsage), background: boolean,
  instructions: nullable(string), max_output_tokens: nullable(integer), max_tool_calls: nullable(integer), metadata: { type: "object", additionalProperties: string },
  parallel_tool_calls: boolean, previous_response_id: nullable(string), prompt_cache_key: nullable(string),
  reasoning: object({ effort: nullable(string), summary: nullable(string) }), safety_identifier: nullable(string), service_tier: string, store: boolean,
  temperature: number, text: object({ format, verbosity: string }),
  tool_choice: { anyOf: [oneOf("none", "auto", "required"), object({ type: value("function"), name: string }),
    object({ type: value("allowed_tools"), mode: oneOf("auto", "required"), tools: list({ type: "object" }, { minItems: 1 }) })] },
  tools: list(tool), top_logprobs: integer, top_p: number, truncation: oneOf("auto", "disabled"), user: nullable(string),
});

const event = (type, members) => object({ type: value(type), sequence_number: integer, ...members });
const place = { item_id: string, output_index: integer };
const part = { anyOf: [outputText, reasoningText] };
export const responseEvent = {
  anyOf: [
    ...["created", "in_progress", "completed", "incomplete", "failed"].map((name) => event(`response.${name}`, { response })),
    event("response.output_item.added", { output_index: integer, item: outputItem }),
    event("response.output_item.done", { output_index: integer, item: outputItem }),
    event("response.content_part.added", { ...place, content_index: integer, part }),
    event("response.content_part.done", { ...place, content_index: integer, part }),
    event("response.output_text.delta", { ...place, content_index: integer, delta: string, logprobs: list(eventLogprob) }),
    event("response.output_text.done", { ...place, content_index: integer, text: string, logprobs: list(eventLogprob) }),
    event("response.reasoning_text.delta", { ...place, content_index: integer, delta: string }),
    event("response.reasoning_text.done", { ...place, content_index: integer, text: string }),
    event("response.function_call_arguments.delta", { ...place, delta: string }),
    event("response.function_call_arguments.done", { ...place, name: string, arguments: string }),
  ],
};
const inputItem = {
  anyOf: [
    object({ type: value("function_call"), id: string, status, call_id: string, name: string, arguments: string }),
    object({ type: value("function_call_output"), id: string, status, call_id: string, output: string }),
    object({
      type: value("message"), id: string, status, role: oneOf("user", "system", "developer", "assistant"),
      content: list(object({ type: oneOf("input_text", "output_text"), text: string }, { annotations: list(false) })),
    }),
  ],
};
export const inputItems = object({ object: value("list"), data: list(inputItem), first_id: nullable(string), last_id: nullable(string), has_more: boolean });
export const deleted = object({ id: string, object: value("response"), deleted: value(true) });
