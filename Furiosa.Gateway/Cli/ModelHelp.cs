namespace Furiosa.Gateway.Cli;

/// <summary>The help of the commands that look at a model or pack it.</summary>
internal static class ModelHelp
{
    public const string Inspect = """
        Say what a model is (family, weights, tokenizer, chat template) and what memory
        it takes on each PE. Nothing is loaded.

        Usage:
          furiosa-llm inspect [MODEL] [options]

        Options:
          MODEL, --model DIRECTORY  A Hugging Face model directory or a .gguf file.
                                    (default: the bundled demo model)
          --json                    Print JSON.
          --dtype, --quantization, --bf16-products, --bf16-weights,
          --kv-cache-dtype, --max-model-len, --devices, -tp, --tensor-parallel-size,
          -pp, --pipeline-parallel-size, -dp, --data-parallel-size, --chat-template,
          --config
                                    As for 'furiosa-llm serve', whose plan is shown.

        Exits with 3 where the plan does not fit, and says which setting would.

        """;

    public const string Build = """
        Pack a model into a directory that 'furiosa-llm serve' maps and starts from at
        once.

        Usage:
          furiosa-llm build MODEL OUTPUT [options]

        Options:
          MODEL                     A Hugging Face model directory or a .gguf file.
          OUTPUT                    The directory to write; it must not be there yet, or
                                    be empty.
          -tp, --tensor-parallel-size N
                                    PEs that will share each layer: 1, 2, 4 or 8.
                                    (default: 4)
          --dtype TYPE              How weights are kept: auto, bfloat16 or float32.
                                    (default: auto)
          --quantization TYPE       Quantise weights: none, int8, int4 or int4-pure.
                                    (default: none)
          --bf16-weights ROOM       auto (12 bits each) or plain: see
                                    'furiosa-llm serve --help'. (default: auto)
          --name NAME               The model's name in artifact.json. (default: MODEL's
                                    own)

        The artifact holds everything that serving needs. -tp is fixed by it; -pp and
        -dp are free.

        """;
}
