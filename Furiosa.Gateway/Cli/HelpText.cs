namespace Furiosa.Gateway.Cli;

/// <summary>The help, written for somebody who has never seen this program.</summary>
internal static class HelpText
{
    public const string Root = """
        Serves one large language model to any OpenAI client, split over processing
        elements (PEs).

        Usage: furiosa-llm COMMAND [options]

        Serving:
          serve [MODEL]             start a server
          chat [QUESTION]           talk with a server, or with '--start' without one
          health                    exit with 0 once the server of this machine is ready
          devices                   the PEs of a server, and how busy they are
          config check|show         what is wrong with the settings, or what they are

        Models:
          inspect [MODEL]           what a model is, and whether it fits
          build MODEL OUTPUT        pack a model for a fast start
          render REQUEST.json       the prompt that a chat request gives
          tokenize                  turn text into token ids, or back

        Measuring:
          bench serve               load a server, and tell its latencies
          bench latency|throughput  time a server of its own
          bench engine|kernels      time the engine or its kernels, without a server

        Clusters:
          cluster status            nodes, replicas, and why they are where they are
          cluster drain|undrain     let a node give its work away, or take work again
          cluster certificates      what the nodes of a cluster know each other by

        This program:
          collect-env               what a bug report needs of this machine
          completion SHELL          completion for bash, zsh or fish
          version, --version        print the version
          COMMAND --help            the options of a command

        To begin, run 'furiosa-llm serve': it serves a small bundled model on port 8000.

        """;

    public const string Config = """
        Check or show the settings: the defaults, the file, the environment.

        Usage:
          furiosa-llm config check [FILE] [--json]
          furiosa-llm config show [FILE] [--json]

        check finds every unknown key, wrong value and conflict, all at once; where
        there are none it tries what a start does: certificates, addresses, devices,
        whether the model fits, its tokenizer and template. It loads and fetches no
        weights, and exits with 2 if anything is wrong. show prints the settings that
        hold, and where each was set; keys of clients and admins stay hidden.

        FILE is what would be given to 'furiosa-llm serve --config FILE'.
        hocon/reference.conf explains every setting.

        """;
}
