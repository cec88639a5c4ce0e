return await Furiosa.Gateway.Cli.CommandLine.RunAsync(args);
