Furiosa.Gateway.Hosting.NativeHeap.KeepSmall();
return await Furiosa.Gateway.Cli.CommandLine.RunAsync(args);
