using System.CommandLine;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Hub;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm config check|show</c>: what is wrong with the settings, and which hold.</summary>
internal static class ConfigCommand
{
    public const string Name = "config";

    public static Command Create()
    {
        var command = new Command(Name, "Check or show the settings.");
        command.Subcommands.Add(Sub("check", "Find everything that is wrong.", Check));
        command.Subcommands.Add(Sub("show", "Print the settings that hold and where each was set.", Show));
        return command;
    }

    private static Command Sub(string name, string description, Func<SettingsSources, bool, int> run)
    {
        var command = new Command(name, description);
        var file = new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne };
        var option = new Option<string?>("--config");
        var json = new Option<bool>("--json") { Arity = ArgumentArity.Zero };
        command.Arguments.Add(file);
        command.Options.Add(option);
        command.Options.Add(json);
        command.SetAction(parsed => run(
            new SettingsSources(parsed.GetValue(option) ?? parsed.GetValue(file), Environment.GetEnvironmentVariables(), new SettingsLayer()), parsed.GetValue(json)));
        return command;
    }

    private static int Check(SettingsSources sources, bool asJson)
    {
        string[] problems = [];
        HubModelName? notHere = null;
        try
        {
            var merged = sources.Merge();
            problems = [.. merged.UnknownVariables];
            var settings = SettingsLoader.Read(merged);
            var (model, revision) = SettingsLoader.ModelOf(merged);
            var directory = ModelLocator.Find(model, revision, out notHere) ?? "";
            problems = [.. problems, .. Rehearsal.Problems(settings with { Runtime = settings.Runtime with { ModelDirectory = directory } })];
        }
        catch (ConfigurationException wrong)
        {
            problems = [.. problems, .. wrong.Message.Split(Environment.NewLine)];
        }
        if (asJson) Console.Out.WriteLine(new JObject { ["ok"] = problems.Length == 0, ["problems"] = new JArray(problems), ["model_not_looked_at"] = notHere?.Repository }.ToString(Formatting.Indented));
        else if (problems.Length == 0) Console.Out.WriteLine($"{sources.ConfigFile ?? "The defaults"}: nothing is wrong{(notHere is null ? "" : $", as far as can be seen without {notHere.Repository}, which 'serve' fetches")}.");
        else foreach (var problem in problems) Console.Out.WriteLine(problem);
        return problems.Length == 0 ? 0 : ConfigurationException.BadUsage;
    }

    private static int Show(SettingsSources sources, bool asJson)
    {
        MergedSettings merged;
        try
        {
            merged = sources.Merge();
        }
        catch (ConfigurationException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return wrong.ExitCode;
        }
        var rows = merged.Settings.All.OrderBy(setting => setting.Key, StringComparer.Ordinal).Select(setting => (setting.Key, Value: ValueOf(setting.Key, setting.Setting), Origin: OriginOf(setting.Setting))).ToList();
        if (asJson)
        {
            Console.Out.WriteLine(new JObject(rows.Select(row => new JProperty(row.Key, new JObject { ["value"] = row.Value, ["origin"] = row.Origin }))).ToString(Formatting.Indented));
        }
        else
        {
            var (keys, values) = (rows.Max(row => row.Key.Length), Math.Min(40, rows.Max(row => row.Value.Length)));
            foreach (var (key, value, origin) in rows) Console.Out.WriteLine($"{key.PadRight(keys)} = {value.PadRight(values)}  # {origin}");
        }
        string[] problems = [.. merged.UnknownVariables, .. merged.Unknown];
        foreach (var problem in problems) Console.Error.WriteLine(problem);
        return problems.Length == 0 ? 0 : ConfigurationException.BadUsage;
    }

    /// <summary>The value as HOCON; a secret only as whether there is one.</summary>
    private static string ValueOf(string key, Setting setting)
    {
        var isEmpty = setting.Values.All(string.IsNullOrEmpty);
        if (KnownKeys.IsSecret(key) && !isEmpty) return setting.IsList ? $"[{string.Join(", ", setting.Values.Select(_ => "(hidden)"))}]" : "(hidden)";
        return setting.IsList ? $"[{string.Join(", ", setting.Values.Select(Quote))}]" : Quote(setting.Values[0]);
    }

    private static string Quote(string value) =>
        value.Length > 0 && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ' ' or '/') ? value : JsonConvert.ToString(value);

    private static string OriginOf(Setting setting) => setting.Origin == "hocon/reference.conf" ? "default" : setting.Origin;
}
