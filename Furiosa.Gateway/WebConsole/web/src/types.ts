// What the admin API answers (docs/admin-api.md). Everything that a cluster of another version may leave out is optional.

export interface ServerInfo {
  version: string;
  state: string;
  started_at: string;
  now: string;
  running: number;
  waiting: number;
  resumes: number;
}

export interface StartupPhase {
  name: string;
  state: 'pending' | 'running' | 'done';
  fraction?: number;
  seconds?: number;
  message?: string;
}

export interface Startup {
  phase?: string;
  seconds?: number;
  phases: StartupPhase[];
}

export interface ModelInfo {
  /** Null where clients are not answered. */
  name: string | null;
  architecture: string;
  max_model_len: number;
  weight_bytes: number;
  kv_bytes: number;
  kv_block_size: number;
  tensor_parallel_size: number;
  pipeline_parallel_size: number;
  data_parallel_size: number;
  compute_threads: number;
  instruction_set: string;
}

export interface Pe {
  name: string;
  /** Null without a replica to work for, as are the two that follow. */
  replica: number | null;
  stage: number | null;
  rank: number | null;
  state: string;
  first_layer: number;
  layers: number;
  query_heads: number;
  kv_heads: number;
  weight_bytes: number;
  kv_bytes: number;
  /** Null where it is not known. */
  utilization: number | null;
}

export interface Npu {
  name: string;
  pes: Pe[];
}

export interface ClusterNode {
  name: string;
  state: string;
  role?: string;
  address?: string;
  devices?: string;
  self?: boolean;
  npus?: Npu[];
}

export interface Stage {
  index: number;
  first_layer: number;
  layers: number;
  pes: string[];
  steps: number;
  tokens: number;
  busy_seconds: number;
  bubble_seconds: number;
  seconds: Record<string, number>;
}

export interface Replica {
  index: number;
  /** The address of its host; empty for the process that answers. */
  node?: string;
  state: string;
  reason?: string | null;
  running?: number;
  waiting?: number;
  recoveries?: number;
  preemptions?: number;
  steps?: number;
  kv?: { blocks: number; used: number; cached: number; free: number; usage: number };
  /** No slots where the model has no layers that keep one. */
  states?: { slots: number; used: number; cached: number; free: number };
  prefix_cache?: { queries: number; hits: number; hit_rate: number };
  /** Of next tokens. */
  guesses?: { drafts: number; tokens: number; accepted: number };
  stages?: Stage[];
}

export interface Quantiles {
  p50: number | null;
  p99: number | null;
}

export interface Point {
  time: string;
  prompt_tokens_per_second: number;
  generated_tokens_per_second: number;
  requests_per_second: number;
  running: number;
  waiting: number;
  kv_usage: number;
  first_token_ms: Quantiles | null;
  inter_token_ms: Quantiles | null;
}

export interface RequestSummary {
  id: string;
  number: number;
  endpoint: string;
  client?: string | null;
  phase: string;
  status: number | null;
  finish_reason: string | null;
  error_code: string | null;
  error: string | null;
  stream: boolean;
  n: number;
  max_tokens: number | null;
  prompt_tokens: number | null;
  cached_tokens: number | null;
  generated_tokens: number | null;
  replica: number | null;
  arrived_at: string;
  started_ms: number | null;
  first_token_ms: number | null;
  last_token_ms: number | null;
  ended_ms: number | null;
  elapsed_ms: number | null;
}

export interface Span {
  name: string;
  start_ms: number;
  end_ms: number;
}

export interface RequestPrompt {
  index: number;
  replica: number | null;
  finish_reason: string | null;
  spans: Span[];
  events: { kind: string; at_ms: number; replica: number | null; message: string }[];
}

export interface RequestDetail extends RequestSummary {
  prompts: RequestPrompt[];
}

export interface JournalEvent {
  number: number;
  time: string;
  kind: string;
  message: string;
  replica?: number | null;
  node?: string | null;
  request_id?: string | null;
}

export interface Picture {
  server: ServerInfo;
  startup: Startup;
  model?: ModelInfo;
  nodes?: ClusterNode[];
  replicas?: Replica[];
  /** Why replicas are where they are, a line each. */
  placement?: string[];
}

export interface Tick extends Picture {
  point: Point | null;
  requests: RequestSummary[];
  events: JournalEvent[];
}
