// Talks to a server with the stock openai client, as its documentation shows, and prints what it got as one JSON object.
// usage: node openai-client.mjs http://127.0.0.1:8000/v1
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "EMPTY", baseURL: process.argv[2], maxRetries: 0 });
const question = [{ role: "user", content: "What is the capital of France?" }];

const whole = await client.chat.completions.create({ model: "EMPTY", messages: question, temperature: 0 });

let streamed = "";
const stream = await client.chat.completions.create({
  model: "EMPTY", messages: question, temperature: 0, stream: true, stream_options: { include_usage: true },
});
let usage = null;
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}

// The helper checks more than the plain stream does: one role, one finish reason for each choice.
const helper = client.chat.completions.stream({ model: "EMPTY", messages: question, temperature: 0, n: 2 });
const final = await helper.finalChatCompletion();

const completion = await client.completions.create({ model: "EMPTY", prompt: "The capital of France is", temperature: 0, max_tokens: 3 });
const models = await client.models.list();
const model = await client.models.retrieve(models.data[0].id);

const response = await client.responses.create({ model: "EMPTY", input: question[0].content, temperature: 0 });
const events = client.responses.stream({ model: "EMPTY", input: question[0].content, temperature: 0 });
let responded = "";
events.on("response.output_text.delta", (event) => { responded += event.delta; });
const streamedResponse = await events.finalResponse();
const goesOn = await client.responses.create({ model: "EMPTY", input: "Thanks.", previous_response_id: response.id, temperature: 0, max_output_tokens: 3 });
const shown = await client.responses.retrieve(response.id);
const vectors = await client.embeddings.create({ model: "EMPTY", input: ["a", "b"] });

let error = null;
try {
  await client.chat.completions.create({ model: "EMPTY", messages: question, temperature: 9 });
} catch (thrown) {
  error = { name: thrown.constructor.name, status: thrown.status, param: thrown.param, type: thrown.type };
}

console.log(JSON.stringify({
  whole: whole.choices[0].message.content,
  streamed,
  completionTokens: usage.completion_tokens,
  final: final.choices.map((choice) => [choice.message.content, choice.finish_reason]),
  completion: completion.choices[0].text,
  responses: [response.output_text, responded, streamedResponse.output_text, shown.output_text],
  goesOn: goesOn.previous_response_id === response.id,
  vectors: vectors.data.map((item) => item.embedding.length),
  model: model.id,
  error,
}));
