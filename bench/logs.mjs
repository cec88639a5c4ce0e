// Asks both programs for the log-probability of every token of some ids but the first: llama.cpp in this process, furiosa-llm over HTTP.

export const perplexity = (logs) => Math.exp(-logs.reduce((a, b) => a + b, 0) / logs.length);

// KV types: F32, F16, BF16, Q8_0. Flash attention rounds queries to 16 bits; quantised values need it.
export async function rivalLogs(model, ids, { cache = 'F32', flash = false } = {}) {
  const context = await model.createContext({
    contextSize: ids.length + 8, batchSize: ids.length, flashAttention: flash, experimentalKvCacheKeyType: cache, experimentalKvCacheValueType: cache,
  });
  try {
    const rows = await context.getSequence().controlledEvaluate(ids.map((id) => [id, { generateNext: { logits: true } }]));
    return ids.slice(1).map((id, i) => logProbability(rows[i].next.logits, id));
  } finally {
    await context.dispose();
  }
}

function logProbability(logits, id) {
  let most = -Infinity, sum = 0;
  for (const value of logits.values()) most = Math.max(most, value);
  for (const value of logits.values()) sum += Math.exp(value - most);
  return logits.get(id) - most - Math.log(sum);
}

export async function ownLogs(url, ids) {
  const { id: model } = (await (await fetch(`${url}/v1/models`)).json()).data[0];
  const { choices } = await post(`${url}/v1/completions`, { model, prompt: ids, echo: true, logprobs: 0, max_tokens: 1, temperature: 0 });
  return choices[0].logprobs.token_logprobs.slice(1, ids.length);
}

export async function post(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.json();
}
