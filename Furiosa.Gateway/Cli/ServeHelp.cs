namespace Furiosa.Gateway.Cli;

/// <summary>The help of <c>furiosa-llm serve</c>: every option, by what it is about.</summary>
internal static class ServeHelp
{
    public const string Text = """
        Start a server for one model. Without a model, a small bundled one is served.

        Usage:
          furiosa-llm serve [MODEL] [options]

        Model:
          MODEL, --model DIRECTORY  A Hugging Face model directory (config.json,
                                    tokenizer.json, *.safetensors), a .gguf file, or
                                    what 'furiosa-llm build' wrote; org/name is one on
                                    the hub, and fetched. (default: the bundled model)
          --revision NAME           Branch, tag or commit of a model on the hub.
                                    (default: main)
          --served-model-name NAME  Name shown by /v1/models and in answers.
                                    (default: MODEL as written)
          --dtype TYPE              How weights are kept: auto, bfloat16 or float32.
                                    (default: auto, as in the files)
          --quantization TYPE       Quantise weights on loading: none, int8, int4 (the
                                    output head in int8) or int4-pure (the head too).
                                    (default: none)
          --bf16-products MODE      How BF16 weights are multiplied: exact, or fast,
                                    with rows rounded to BF16 (needs AVX-512 BF16).
                                    (default: exact)
          --bf16-weights ROOM       auto: BF16 weights take 12 bits each in memory,
                                    with the same answers; one stream is a quarter
                                    faster, 8 to 16 together 2 to 3 % slower (with
                                    AVX2 alone 3 to 8 up to a third). plain: 16 bits.
                                    (default: auto)
          --kv-cache-dtype TYPE     How keys and values are kept: auto (float32),
                                    float32, bfloat16 or int8; the smaller, the more
                                    tokens fit. (default: auto)
          --max-model-len N         Longest sequence, prompt and answer, in tokens.
                                    (default: what the model and the memory allow)
          --chat-template FILE      Jinja2 file that replaces the model's own chat
                                    template. (default: the model's)
          --chat-template-content-format FORMAT
                                    How templates get messages of several parts: string
                                    (joined), openai (a list) or auto, read from the
                                    template. (default: auto)
          --default-chat-template-kwargs JSON
                                    What every chat template is given, e.g.
                                    '{"enable_thinking": false}'. (default: none)
          --response-role ROLE      Role of the answers' messages. (default: assistant)
          --enable-auto-tool-choice
                                    Let the model decide to call tools. (default: on)
          --tool-call-parser NAME   How the model writes tool calls: hermes, mistral,
                                    qwen3_xml, glm45 or another name in docs/tools.md.
                                    (default: auto, read from the chat template)
          --reasoning-parser NAME   How the model marks its reasoning: deepseek_r1,
                                    qwen3, exaone4, another name in docs/tools.md, or
                                    auto, read from the chat template. (default: none)

        Network:
          --host ADDRESS            Address to listen on; 127.0.0.1 for this machine
                                    only. (default: 0.0.0.0)
          --port N                  Port to listen on. (default: 8000)
          --api-key KEY             Key that clients must send; give it several times
                                    for several keys. (default: none, everybody may
                                    call)
          --allowed-origins LIST    Web origins that browsers may call from, as a JSON
                                    list. (default: ["*"])
          --ssl-certfile FILE       PEM file with the certificate and its chain: serve
                                    HTTPS, with HTTP/1.1 and HTTP/2. Read again when it
                                    changes. (default: none, HTTP)
          --ssl-keyfile FILE        PEM file with its key. (default: the certificate's
                                    file)

        Admin:
          --admin-port N            Port of the admin listener (health, state, /admin);
                                    0 lets the system choose, off is none.
                                    (default: 10000 above --port, so 18000, or another
                                    free one if that is taken)
          --admin-host ADDRESS      Address of the admin listener; another than this
                                    machine needs --admin-key. (default: 127.0.0.1)
          --admin-key KEY           Key that admins must send. A file keeps it out of
                                    the process list: see furiosa.admin.key-file.
                                    (default: none)

        Devices:
          -tp, --tensor-parallel-size N
                                    PEs that share each layer: 1, 2, 4 or 8.
                                    (default: 4)
          -pp, --pipeline-parallel-size N
                                    Stages that share the layers. (default: 1)
          -dp, --data-parallel-size N
                                    Replicas of the whole model. (default: as many as
                                    the devices hold)
          --devices LIST            PEs to use: "npu:0:*" is all eight of the first NPU,
                                    "npu:0:0-3" four of them, "cpu" the emulated ones of
                                    this machine. (default: all available)

        Cluster:
          --role ROLE               What this process does: all, gateway (HTTP only, no
                                    weights needed) or device (devices only, for
                                    gateways elsewhere). (default: all)
          --hostname NAME           Where the other nodes reach this one.
                                    (default: 127.0.0.1, or the address towards the
                                    first seed node)
          --cluster-port N          Port for the other nodes. (default: 7080 in a
                                    cluster)
          --seed-nodes LIST         Nodes to ask for the cluster, HOST:PORT with commas
                                    between; the same on every node. (default: none,
                                    begin one)
          --node-name NAME          Name of this node in device lists and reports.
                                    (default: its host and port)
          --cluster-ca FILE         PEM file of the cluster's certificate authority
                                    ('furiosa-llm cluster certificates').
          --cluster-certificate FILE
                                    PEM file of this node's certificate.
          --cluster-key FILE        PEM file of this node's key. (default of all three:
                                    none, on 127.0.0.1 only)

        Routing:
          --data-parallel-routing-policy NAME
                                    How requests are shared among replicas: scoring,
                                    round-robin or prefix-aware. (default: scoring)
          --data-parallel-scoring-profile NAME
                                    What scoring looks at: balanced, locality or load.
                                    (default: balanced)

        Scheduling:
          --max-num-batched-tokens N
                                    Most tokens computed in one step. (default: the
                                    engine's choice)
          --max-concurrency N       Most sequences running at once in one replica.
                                    (default: the engine's choice)
          --prompt-lookup-num-tokens N
                                    Most tokens that one step guesses ahead where a
                                    text repeats its prompt or itself: the same answers,
                                    sooner. 0 for none. (default: 7)
          --enable-prefix-caching   Reuse what was computed for requests that begin
                                    alike. (default: on)
          --no-enable-prefix-caching
                                    Do not.

        Responses:
          --enable-responses-api-store
                                    Keep what /v1/responses made, in memory.
                                    (default: on)
          --no-enable-responses-api-store
                                    Do not.
          --responses-api-store-max-entries N
                                    Most of them; the oldest give way. (default: 10000)
          --responses-api-store-ttl SECONDS
                                    Each is forgotten after so long. (default: 3600)

        Log:
          --log-level LEVEL         Least level logged: trace, debug, info, warning,
                                    error or off. (default: info)
          --log-format FORMAT       text, or json for one JSON object a line.
                                    (default: text)
          --disable-log-stats       No line of statistics every ten seconds.
                                    (default: one while requests run)
          --enable-payload-logging  Log what clients send; it may be private.
                                    (default: off)
          --otlp-traces-endpoint URL
                                    Where spans of requests go, e.g.
                                    http://localhost:4318. (default: none, nothing is
                                    traced)
          --enable-metrics          Accepted and without effect: /metrics is always
                                    served.

        Other:
          --config FILE             HOCON file with these and more settings;
                                    hocon/reference.conf explains them all. Every
                                    setting is also an environment variable, e.g.
                                    FURIOSA_HTTP__PORT.
          -h, --help                Show this.
          --version                 Print the version.

        Examples:
          furiosa-llm serve
          furiosa-llm serve ./Llama-3.1-8B-Instruct -tp 8 --devices "npu:0:*"
          furiosa-llm serve --port 9000 --api-key secret
          furiosa-llm serve --role gateway --cluster-port 7080
          furiosa-llm serve --role device --cluster-port 7090 \
            --seed-nodes 127.0.0.1:7080

          furiosa-llm chat "What is the capital of France?"

        Ctrl-C (or SIGTERM) stops it: running requests are finished first.

        """;
}
