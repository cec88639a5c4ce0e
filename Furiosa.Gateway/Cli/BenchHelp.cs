namespace Furiosa.Gateway.Cli;

/// <summary>The help of <c>furiosa-llm bench</c>, and of its two commands that need no server.</summary>
internal static class BenchHelp
{
    public const string Text = """
        Time a server, the engine, or its kernels.

        Usage:
          furiosa-llm bench serve [options]
          furiosa-llm bench latency|throughput [MODEL] [options]
          furiosa-llm bench engine [MODEL] [options]
          furiosa-llm bench kernels [options]

        serve loads a server that runs, and tells its latencies. latency (batches of
        requests) and throughput (many at once) start a server of their own; each of
        these has a page of options ('furiosa-llm bench serve --help'). engine (prefill
        and decode) and kernels (linear products) do without a server, and show beside
        their figures, which are medians, what the machine can do at most in the same
        rounds.

        Options of engine:
          --shape NAME              Random weights of a shape instead of a model: demo,
                                    160m, 1b, 3b or 8b.
          --quantization LIST       Ways to keep the weights, in turn: none, int8, int4,
                                    int4-pure. (default: none)
          --bf16-products MODE      exact, or fast: see 'furiosa-llm serve --help'.
                                    (default: exact)
          --bf16-weights ROOM       auto (12 bits each) or plain: see there too.
                                    (default: auto)
          --kv-cache-dtype TYPE     Keys and values: auto, float32, bfloat16 or int8.
                                    (default: auto, which is float32)
          --tensor-parallel-size, -tp N
                                    PEs: 1, 2, 4 or 8. (default: 4)
          --prompt N                Tokens of the prompt, computed in one step.
                                    (default: 512)
          --new-tokens N            Tokens that each sequence decodes behind it.
                                    (default: 32)
          --batches LIST            Sequences decoded side by side. (default: 1,8,16)

        Options of kernels:
          --inputs N                Inputs of a column. (default: 2048)
          --rows LIST               Rows multiplied at once, up to 512.
                                    (default: 1,2,4,8,16,32,512)

        Options of both:
          --threads N               Compute threads. (default: the cores this process
                                    may use)
          --rounds N                Rounds that count. (default: 5)
          --json                    Print JSON.

        """;
}
