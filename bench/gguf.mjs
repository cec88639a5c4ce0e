// Writes GGUF files: of a named shape with random weights, the same shapes for both programs, in the types that llama.cpp's quantiser makes; and of a
// Llama directory of BF16 safetensors, whose ids alone count, since its words are not written.
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as hybrid from './hybrid.mjs';

export const shapes = {
  '160m': { hidden: 768, layers: 12, heads: 12, kvHeads: 4, headDim: 64, ffn: 2048, vocab: 128256 },
  '1b': { hidden: 2048, layers: 16, heads: 32, kvHeads: 8, headDim: 64, ffn: 8192, vocab: 128256 },
  ...hybrid.shapes,
};

// Type number, weights of a block, its bytes, and what fills one.
const types = {
  f32: { id: 0, weights: 1, bytes: 4, fill: (out, at, w, random, number) => out.writeFloatLE(number, at) },
  bf16: { id: 30, weights: 1, bytes: 2, fill: (out, at, w) => { scratch.writeFloatLE(w[0]); out.writeUInt16LE(scratch.readUInt16LE(2), at); } },
  q8_0: { id: 8, weights: 32, bytes: 34, fill: fillQ8 },
  q4_0: { id: 2, weights: 32, bytes: 18, fill: fillQ4 },
  q6_k: { id: 14, weights: 256, bytes: 210, fill: fillQ6 },
};
const scratch = Buffer.alloc(4);
const alignment = 32;
const patternBlocks = 1 << 15; // the same values again and again are as hard to multiply as others

// Writes one file. Embeddings, which are the output head as well, stay Q6_K beside Q4_0, as llama.cpp's quantiser leaves them.
export function writeGguf(path, shapeName, type) {
  const shape = shapes[shapeName];
  const tensors = [...(shape.family ? hybrid : { tensorsOf }).tensorsOf(shape)].map(([name, dims, number]) => {
    const kind = dims.length === 1 || typeof number === 'number' ? 'f32' : type === 'q4_0' && name === 'token_embd.weight' ? 'q6_k' : type;
    return { name, dims, kind, number: kind === 'f32' && typeof number === 'number' ? number : 1, bytes: dims.reduce((a, b) => a * b, 1) / types[kind].weights * types[kind].bytes };
  });
  const file = openSync(path, 'w');
  let at = writeSync(file, header(shape, `random ${shapeName}`, tensors));
  at += writeSync(file, Buffer.alloc(padding(at)));
  const patterns = {};
  for (const tensor of tensors) {
    const pattern = patterns[tensor.kind + tensor.number] ??= patternOf(types[tensor.kind], tensor.number);
    for (let left = tensor.bytes; left > 0;) left -= writeSync(file, pattern, 0, Math.min(left, pattern.length));
    writeSync(file, Buffer.alloc(padding(tensor.bytes)));
  }
  closeSync(file);
}

// Writes a directory's model in BF16 (norms in F32), as llama.cpp's converter does: rows of queries and keys by pairs that rotate together.
export function convertGguf(path, directory) {
  const config = JSON.parse(readFileSync(join(directory, 'config.json')));
  const shape = {
    hidden: config.hidden_size, layers: config.num_hidden_layers, heads: config.num_attention_heads, kvHeads: config.num_key_value_heads, headDim: config.head_dim,
    ffn: config.intermediate_size, vocab: config.vocab_size, context: config.max_position_embeddings, theta: config.rope_theta, epsilon: config.rms_norm_eps,
  };
  const { weight_map: files } = JSON.parse(readFileSync(join(directory, 'model.safetensors.index.json')));
  const tensors = [...tensorsOf(shape)].map(([name, dims, source]) => {
    const kind = dims.length === 1 ? 'f32' : 'bf16';
    return { name, dims, source, kind, bytes: dims.reduce((a, b) => a * b, 1) * types[kind].bytes };
  });
  const file = openSync(path, 'w');
  let at = writeSync(file, header(shape, 'converted', tensors));
  at += writeSync(file, Buffer.alloc(padding(at)));
  for (const { name, dims, source, kind, bytes } of tensors) {
    let data = readTensor(join(directory, files[source]), source);
    if (kind === 'f32') data = widened(data);
    if (/attn_[qk]\./.test(name)) data = paired(data, dims[0] * types.bf16.bytes, shape.headDim);
    if (data.length !== bytes) throw new Error(`${source}: ${data.length} bytes, not ${bytes}`);
    writeSync(file, data);
    writeSync(file, Buffer.alloc(padding(bytes)));
  }
  closeSync(file);
}

function readTensor(path, name) {
  const file = openSync(path, 'r');
  const read = (length, at) => { const data = Buffer.alloc(length); readSync(file, data, 0, length, at); return data; };
  const length = Number(read(8, 0).readBigUInt64LE());
  const { dtype, data_offsets: [from, to] } = JSON.parse(read(length, 8))[name];
  if (dtype !== 'BF16') throw new Error(`${name} is ${dtype}, not BF16`);
  const data = read(to - from, 8 + length + from);
  closeSync(file);
  return data;
}

function widened(data) {
  const out = Buffer.alloc(2 * data.length);
  for (let i = 0; i < data.length; i += 2) data.copy(out, 2 * i + 2, i, i + 2);
  return out;
}

function paired(data, rowBytes, headDim) {
  const half = headDim / 2;
  return Buffer.concat(Array.from({ length: data.length / rowBytes }, (_, row) => {
    const place = row % headDim, from = row - place + (place % 2) * half + (place >> 1);
    return data.subarray(from * rowBytes, (from + 1) * rowBytes);
  }));
}

// Each tensor's name, its dimensions (inputs first), and its name in a directory.
function* tensorsOf({ hidden, layers, heads, kvHeads, headDim, ffn, vocab }) {
  yield ['token_embd.weight', [hidden, vocab], 'model.embed_tokens.weight'];
  yield ['output_norm.weight', [hidden], 'model.norm.weight'];
  for (let i = 0; i < layers; i++) {
    const layer = `blk.${i}.`, source = `model.layers.${i}.`;
    yield [layer + 'attn_norm.weight', [hidden], source + 'input_layernorm.weight'];
    yield [layer + 'attn_q.weight', [hidden, heads * headDim], source + 'self_attn.q_proj.weight'];
    yield [layer + 'attn_k.weight', [hidden, kvHeads * headDim], source + 'self_attn.k_proj.weight'];
    yield [layer + 'attn_v.weight', [hidden, kvHeads * headDim], source + 'self_attn.v_proj.weight'];
    yield [layer + 'attn_output.weight', [heads * headDim, hidden], source + 'self_attn.o_proj.weight'];
    yield [layer + 'ffn_norm.weight', [hidden], source + 'post_attention_layernorm.weight'];
    yield [layer + 'ffn_gate.weight', [hidden, ffn], source + 'mlp.gate_proj.weight'];
    yield [layer + 'ffn_up.weight', [hidden, ffn], source + 'mlp.up_proj.weight'];
    yield [layer + 'ffn_down.weight', [ffn, hidden], source + 'mlp.down_proj.weight'];
  }
}

function header(shape, name, tensors) {
  const parts = [];
  const u32 = (v) => { const b = Buffer.alloc(4); b.writeUInt32LE(v); parts.push(b); };
  const f32 = (v) => { const b = Buffer.alloc(4); b.writeFloatLE(v); parts.push(b); };
  const u64 = (v) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(v)); parts.push(b); };
  const text = (v) => { const b = Buffer.from(v); u64(b.length); parts.push(b); };
  const array = (type, values, write) => { u32(type); u64(values.length); values.forEach(write); };
  const family = shape.family ?? 'llama';
  const tokens = Array.from({ length: shape.vocab }, (_, i) => (i < 3 ? ['<unk>', '<s>', '</s>'][i] : i < 259 ? `<0x${(i - 3).toString(16).toUpperCase().padStart(2, '0')}>` : `t${i}`));
  const values = {
    'general.architecture': ['text', family], 'general.name': ['text', name], 'general.alignment': ['u32', alignment],
    [family + '.vocab_size']: ['u32', shape.vocab], [family + '.context_length']: ['u32', shape.context ?? 8192], [family + '.embedding_length']: ['u32', shape.hidden],
    [family + '.block_count']: ['u32', shape.layers], [family + '.feed_forward_length']: ['u32', shape.ffn], [family + '.attention.head_count']: ['u32', shape.heads],
    [family + '.attention.head_count_kv']: ['u32', shape.kvHeads], [family + '.rope.dimension_count']: ['u32', shape.headDim], [family + '.attention.key_length']: ['u32', shape.headDim], [family + '.attention.value_length']: ['u32', shape.headDim],
    [family + '.rope.freq_base']: ['f32', shape.theta ?? 500000], [family + '.attention.layer_norm_rms_epsilon']: ['f32', shape.epsilon ?? 1e-5], 'tokenizer.ggml.model': ['text', 'llama'],
    'tokenizer.ggml.tokens': ['array', () => array(8, tokens, text)], 'tokenizer.ggml.scores': ['array', () => array(6, tokens.map((_, i) => -i), f32)],
    'tokenizer.ggml.token_type': ['array', () => array(5, tokens.map((_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)), u32)],
    'tokenizer.ggml.bos_token_id': ['u32', 1], 'tokenizer.ggml.eos_token_id': ['u32', 2], 'tokenizer.ggml.unknown_token_id': ['u32', 0],
    ...(shape.family ? Object.fromEntries(Object.entries(hybrid.fieldsOf(shape)).map(([key, value]) => [`${family}.${key}`, value])) : {}),
  };
  parts.push(Buffer.from('GGUF'));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(values).length);
  for (const [key, [kind, value]] of Object.entries(values)) {
    text(key);
    u32({ u32: 4, f32: 6, bool: 7, text: 8, array: 9, u32s: 9 }[kind]);
    if (kind === 'array') value();
    else if (kind === 'u32s') array(4, value, u32);
    else if (kind === 'bool') parts.push(Buffer.from([value]));
    else ({ u32, f32, text })[kind](value);
  }
  let offset = 0;
  for (const { name: tensor, dims, kind, bytes } of tensors) {
    text(tensor);
    u32(dims.length);
    dims.forEach(u64);
    u32(types[kind].id);
    u64(offset);
    offset += bytes + padding(bytes);
  }
  return Buffer.concat(parts);
}

const padding = (bytes) => (alignment - bytes % alignment) % alignment;

function patternOf({ weights, bytes, fill }, number) {
  const out = Buffer.alloc(patternBlocks * bytes);
  const random = generator(1);
  const block = new Float32Array(weights);
  for (let i = 0; i < patternBlocks; i++) {
    for (let k = 0; k < weights; k++) block[k] = (random() - 0.5) * 0.07;
    fill(out, i * bytes, block, random, number);
  }
  return out;
}

function fillQ8(out, at, w) {
  const scale = Math.max(...w.map(Math.abs)) / 127;
  out.writeUInt16LE(half(scale), at);
  w.forEach((value, i) => out.writeInt8(Math.round(value / scale), at + 2 + i));
}

function fillQ4(out, at, w) {
  const largest = w.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const scale = largest / -8;
  const q = Array.from(w, (value) => Math.min(15, Math.max(0, Math.round(value / scale) + 8)));
  out.writeUInt16LE(half(scale), at);
  for (let i = 0; i < 16; i++) out.writeUInt8(q[i] | (q[i + 16] << 4), at + 2 + i);
}

function fillQ6(out, at, w, random) {
  for (let i = 0; i < 192; i++) out.writeUInt8(Math.floor(random() * 256), at + i);
  for (let i = 0; i < 16; i++) out.writeInt8(1, at + 192 + i);
  out.writeUInt16LE(half(0.035 / 32), at + 208);
}

function generator(seed) {
  let x = seed;
  return () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return (x >>> 0) / 4294967296; };
}

// Normal halves and small ones, truncated: precise enough for random scales.
function half(value) {
  scratch.writeFloatLE(value);
  const bits = scratch.readUInt32LE();
  const sign = bits >>> 31 << 15, exponent = (bits >>> 23 & 255) - 127 + 15;
  if (exponent > 0) return sign | exponent << 10 | bits >>> 13 & 1023;
  return exponent < -10 ? sign : sign | (bits & 0x7FFFFF | 0x800000) >>> 14 - exponent;
}
