// Shapes of models in which most layers keep a state: their GGUF tensors, and what their files say besides.
// A tensor is its name, its dimensions (inputs first), and for a small one the number that fills it.

// Qwen3.5-0.8B, and Granite 4.0 H 1B: layers that attend, the others keep states.
export const shapes = {
  'qwen35-0.8b': { family: 'qwen35', hidden: 1024, layers: 24, heads: 8, kvHeads: 2, headDim: 256, ffn: 3584, vocab: 248320, rotated: 64, attends: (i) => i % 4 === 3, stateHeads: 16, groups: 16, stateDim: 128, width: 2048 },
  'granite-h-1b': { family: 'granitehybrid', hidden: 1536, layers: 40, heads: 12, kvHeads: 4, headDim: 128, ffn: 4096, vocab: 100352, rotated: 128, attends: (i) => [5, 15, 25, 35].includes(i), stateHeads: 48, groups: 1, stateDim: 128, width: 3072 },
};

export function* tensorsOf(shape) {
  const { hidden, layers, heads, kvHeads, headDim, ffn, vocab, stateHeads, groups, stateDim, width } = shape;
  const gated = shape.family === 'qwen35', conv = 2 * groups * stateDim + width;
  yield ['token_embd.weight', [hidden, vocab]];
  yield ['output_norm.weight', [hidden], 1];
  for (let i = 0; i < layers; i++) {
    const layer = `blk.${i}.`;
    yield [layer + 'attn_norm.weight', [hidden], 1];
    if (shape.attends(i)) {
      yield [layer + 'attn_q.weight', [hidden, (gated ? 2 : 1) * heads * headDim]];
      yield [layer + 'attn_k.weight', [hidden, kvHeads * headDim]];
      yield [layer + 'attn_v.weight', [hidden, kvHeads * headDim]];
      yield [layer + 'attn_output.weight', [heads * headDim, hidden]];
      for (const part of gated ? ['attn_q_norm', 'attn_k_norm'] : []) yield [`${layer}${part}.weight`, [headDim], 1];
    } else {
      if (gated) {
        yield [layer + 'attn_qkv.weight', [hidden, conv]];
        yield [layer + 'attn_gate.weight', [hidden, width]];
        yield [layer + 'ssm_alpha.weight', [hidden, stateHeads]];
        yield [layer + 'ssm_beta.weight', [hidden, stateHeads]];
        yield [layer + 'ssm_a', [stateHeads], -1];
      } else {
        yield [layer + 'ssm_in.weight', [hidden, width + conv + stateHeads]];
        yield [layer + 'ssm_conv1d.bias', [conv], 0];
        yield [layer + 'ssm_a', [1, stateHeads], -1];
        yield [layer + 'ssm_d', [1, stateHeads], 1];
      }
      yield [layer + 'ssm_conv1d.weight', [4, conv], 0.3];
      yield [layer + 'ssm_dt.bias', [stateHeads], -3];
      yield [layer + 'ssm_norm.weight', gated ? [width / stateHeads] : [width / groups, groups], 1];
      yield [layer + 'ssm_out.weight', [width, hidden]];
    }
    yield [layer + (gated ? 'post_attention_norm.weight' : 'ffn_norm.weight'), [hidden], 1];
    yield [layer + 'ffn_gate.weight', [hidden, ffn]];
    yield [layer + 'ffn_up.weight', [hidden, ffn]];
    yield [layer + 'ffn_down.weight', [ffn, hidden]];
  }
}

// Fields of the header behind the family's name.
export function fieldsOf(shape) {
  const fields = {
    'ssm.conv_kernel': ['u32', 4], 'ssm.inner_size': ['u32', shape.width], 'ssm.state_size': ['u32', shape.stateDim], 'ssm.time_step_rank': ['u32', shape.stateHeads], 'ssm.group_count': ['u32', shape.groups],
    'rope.dimension_count': ['u32', shape.rotated],
  };
  if (shape.family === 'qwen35') return { ...fields, 'full_attention_interval': ['u32', 4], 'rope.dimension_sections': ['u32s', [shape.rotated / 2, 0, 0, 0]] };
  const perLayer = Array.from({ length: shape.layers }, (_, i) => (shape.attends(i) ? shape.kvHeads : 0));
  return { ...fields, 'attention.head_count_kv': ['u32s', perLayer], 'rope.scaling.finetuned': ['bool', 0] };
}
