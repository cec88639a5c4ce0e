// Validates every kind of answer of every endpoint, streamed and not, against strict schemas, and prints what does not fit.
// usage: node schema-check.mjs http://127.0.0.1:8000 [reasoning], where the model reasons and all that it says is as scripted.
import Ajv from "ajv";
import * as schemas from "./schemas.mjs";

const base = process.argv[2];
const ajv = new Ajv({ strict: false, allErrors: false });
const validators = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]));
const problems = [];
let checked = 0;

function check(name, what, request) {
  checked++;
  if (!validators[name](what)) {
    const [first] = validators[name].errors;
    problems.push(`${name} ${first.instancePath} ${first.message} ${JSON.stringify(first.params)} of ${JSON.stringify(request)}: ${JSON.stringify(what).slice(0, 600)}`);
  }
}

async function send(method, path, body, text = body && JSON.stringify(body)) {
  const answer = await fetch(base + path, { method, body: text, headers: text ? { "content-type": "application/json" } : {} });
  return { status: answer.status, text: await answer.text() };
}

async function whole(name, path, body, status = 200) {
  const answer = await send("POST", path, body);
  if (answer.status !== status) problems.push(`${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
  const json = JSON.parse(answer.text);
  check(status === 200 ? name : "error", json, body);
  return json;
}

async function frames(path, body) {
  const answer = await send("POST", path, { ...body, stream: true });
  if (answer.status !== 200) problems.push(`${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
  return answer.text.split("\n\n").filter((frame) => frame.length > 0);
}

async function streamed(name, path, body) {
  const all = await frames(path, body);
  if (all.pop() !== "data: [DONE]") problems.push(`${path} ${JSON.stringify(body)}: the last frame is not [DONE]`);
  for (const frame of all) check(name, JSON.parse(frame.replace(/^data: /, "")), body);
}

async function events(path, body) {
  for (const frame of await frames(path, body)) {
    const [name, data] = frame.split("\n");
    const json = JSON.parse(data.replace(/^data: /, ""));
    if (name !== `event: ${json.type}`) problems.push(`event ${name} has the type ${json.type}`);
    check("responseEvent", json, body);
    kinds.add(json.type);
  }
}

const kinds = new Set();
const say = [{ role: "user", content: "What is the capital of France?" }];
const ask = [{ role: "user", content: "What is the weather in Paris?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "get_weather", parameters } }];
const usage = { stream_options: { include_usage: true, continuous_usage_stats: true } };

if (process.argv[3] === "reasoning") {
  const thought = [];
  for (const body of [{ messages: say }, { messages: say, n: 2, logprobs: true, top_logprobs: 1 }, { messages: ask, tools }, { messages: say, include_reasoning: false }]) {
    thought.push((await whole("chat", "/v1/chat/completions", body)).choices[0].message.reasoning ?? null);
    await streamed("chatChunk", "/v1/chat/completions", { ...body, ...usage });
  }
  for (const body of [{ input: "a" }, { input: "a", background: true }]) {
    await whole("response", "/v1/responses", body);
    await events("/v1/responses", body);
  }
  console.log(JSON.stringify({ checked, problems, thought, kinds: [...kinds] }));
  process.exit();
}

const chats = [
  { messages: say, temperature: 0 },
  { messages: say, n: 2, seed: 1, max_tokens: 5, logprobs: true, top_logprobs: 2, return_token_ids: true },
  { messages: say, seed: 2, temperature: 2, max_tokens: 40, logprobs: true, stop: ["e"] },
  { messages: say, max_tokens: 3, stop_token_ids: [300] },
  { messages: say, seed: 3, max_tokens: 120, response_format: { type: "json_object" } },
  { messages: ask, temperature: 0, tools },
  { messages: ask, temperature: 0, tools, tool_choice: "required", logprobs: true },
  { messages: ask, temperature: 0, tools, tool_choice: { type: "function", function: { name: "get_weather" } } },
  { messages: ask, temperature: 0, functions: [{ name: "get_weather", parameters }] },
];
for (const body of chats) {
  await whole("chat", "/v1/chat/completions", body);
  await streamed("chatChunk", "/v1/chat/completions", body);
  await streamed("chatChunk", "/v1/chat/completions", { ...body, ...usage });
}
await whole("chat", "/v1/chat/completions", { messages: say, max_tokens: 2, prompt_logprobs: 2 });
await whole("chat", "/v1/chat/completions", { messages: say, max_tokens: 4, use_beam_search: true, n: 2, temperature: 0 });

const completions = [
  { prompt: "The capital of France is", temperature: 0, max_tokens: 4 },
  { prompt: ["a", "b"], n: 2, seed: 1, max_tokens: 5, logprobs: 2, echo: true, return_token_ids: true },
  { prompt: [300, 301], seed: 2, temperature: 2, max_tokens: 30, stop: "e", logprobs: 0, return_tokens_as_token_ids: true },
  { prompt: "a", echo: true, max_tokens: 0, logprobs: 1 },
];
for (const body of completions) {
  await whole("completion", "/v1/completions", body);
  await streamed("completionChunk", "/v1/completions", body);
  await streamed("completionChunk", "/v1/completions", { ...body, ...usage });
}
await whole("completion", "/v1/completions", { prompt: ["a", "b"], max_tokens: 2, prompt_logprobs: 1 });

for (const body of [{ input: "a" }, { input: ["a", "b"], encoding_format: "base64" }, { input: [300, 301], dimensions: 4 }]) await whole("embeddings", "/v1/embeddings", body);

const functions = [{ type: "function", name: "get_weather", parameters, strict: false }];
const responses = [
  { input: "What is the capital of France?", temperature: 0 },
  { input: say, instructions: "Be brief.", seed: 1, max_output_tokens: 4, metadata: { a: "b" }, user: "me", reasoning: { effort: "low" } },
  { input: "What is the weather in Paris?", temperature: 0, tools: functions },
  { input: "What is the weather in Paris?", temperature: 0, tools: functions, tool_choice: { type: "function", name: "get_weather" } },
  { input: "a", seed: 2, max_output_tokens: 30, include: ["message.output_text.logprobs"], top_logprobs: 2 },
  { input: "What is the weather in Paris?", temperature: 0, tools: functions, truncation: "auto", tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "get_weather" }] } },
  { input: "a", seed: 3, max_output_tokens: 150, text: { format: { type: "json_schema", name: "x", schema: { type: "object", properties: { a: { type: "integer", minimum: 0, maximum: 9 } }, required: ["a"], additionalProperties: false } } } },
];
for (const body of responses) {
  const made = await whole("response", "/v1/responses", body);
  const list = JSON.parse((await send("GET", `/v1/responses/${made.id}/input_items`)).text);
  check("inputItems", list, body);
  check("response", JSON.parse((await send("GET", `/v1/responses/${made.id}`)).text), body);
  check("deleted", JSON.parse((await send("DELETE", `/v1/responses/${made.id}`)).text), body);
  check("error", JSON.parse((await send("GET", `/v1/responses/${made.id}`)).text), body);
  await events("/v1/responses", body);
}
await events("/v1/responses", { input: "a", max_output_tokens: 3, background: true });
const called = await whole("response", "/v1/responses", { input: "What is the weather in Paris?", temperature: 0, tools: functions });
const { call_id } = called.output[0];
const result = { input: [...called.output, { type: "function_call_output", call_id, output: "18" }], temperature: 0, tools: functions, max_output_tokens: 40 };
const after = await whole("response", "/v1/responses", result);
check("inputItems", JSON.parse((await send("GET", `/v1/responses/${after.id}/input_items?order=asc`)).text), result);
await whole("response", "/v1/responses", { input: "a", max_output_tokens: 3, background: true });

check("models", JSON.parse((await send("GET", "/v1/models")).text), "models");
check("model", JSON.parse((await send("GET", `/v1/models/${JSON.parse((await send("GET", "/v1/models")).text).data[0].id}`)).text), "model");
await whole("tokenize", "/tokenize", { prompt: "a", return_token_strs: true });
await whole("tokenize", "/tokenize", { messages: say });
await whole("detokenize", "/detokenize", { tokens: [300] });

for (const [name, headers] of [["type", { "content-type": "text/plain" }], ["encoding", { "content-type": "application/json", "content-encoding": "gzip" }]]) {
  const answer = await fetch(base + "/v1/completions", { method: "POST", body: "{}", headers });
  if (answer.status !== 415) problems.push(`content ${name}: ${answer.status}`);
  check("error", await answer.json(), name);
}
for (const [method, path, text] of [
  ["POST", "/v1/chat/completions", "{"], ["POST", "/v1/chat/completions", "{}"], ["POST", "/v1/completions", '{"prompt": 1}'], ["PUT", "/v1/models", "{}"], ["POST", "/v1/responses", '{"input": [{"type": "item_reference", "id": "msg_a_b"}]}'],
  ["POST", "/v1/responses", '{"input": "a", "previous_response_id": "resp_a_b"}'], ["POST", "/v1/responses/resp_a_b/cancel", "{}"], ["POST", "/v1/chat/completions", `{"x": ${"[".repeat(70)}${"]".repeat(70)}}`],
  ["POST", "/v1/completions", JSON.stringify({ prompt: "hello ".repeat(5000) })], ["POST", "/v1/responses", '{"input": 1}'],
  ["POST", "/v1/embeddings", '{"input": {}}'], ["POST", "/score", "{}"], ["POST", "/v2/rerank", "{}"], ["GET", "/v1/models/none", undefined], ["GET", "/nowhere", undefined],
  ["GET", "/v1/chat/completions", undefined], ["GET", "/v1/responses/none", undefined],
]) {
  const answer = await send(method, path, undefined, text);
  if (answer.status < 400 || answer.status > 499) problems.push(`${method} ${path}: ${answer.status}`);
  check("error", JSON.parse(answer.text), path);
}

console.log(JSON.stringify({ checked, problems }));
