using System.Security.Cryptography;
using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>Makes the grammar of an answer that is nothing but calls, with arguments that each function's schema allows.</summary>
internal static class ForcedCallGrammar
{
    // What the device takes, less a margin.
    private const int MostStates = 150_000;
    private const int MostEdges = 600_000;

    /// <summary>The grammar for a request that names a function or requires a call.</summary>
    /// <param name="tools">The request's tools.</param>
    /// <param name="form">How calls are written.</param>
    /// <param name="compiler">Compiles the functions' schemas, and keeps them.</param>
    /// <exception cref="ApiException">A function's parameters cannot be followed, or all of them together are too large.</exception>
    public static GenerationGrammar Make(ToolsRequest tools, CallForm form, GrammarCompiler compiler)
    {
        var key = new StringBuilder(form.Parser);
        var composer = new GrammarComposer();
        var start = composer.NewState();
        var end = composer.NewState(accepting: form.Closing.Length == 0);
        var first = composer.AddText(0, form.Opening, start);
        for (var i = 0; i < tools.Functions.Count; i++)
        {
            var function = tools.Functions[i];
            if (tools.Choice.Function is { } only && only != function.Name)
                continue;
            var arguments = Compile(function, tools.Legacy ? $"functions[{i}].parameters" : $"tools[{i}].function.parameters", compiler);
            key.Append('\n').Append(function.Name).Append(' ').Append(arguments.Key);
            var (before, after) = (composer.NewState(), composer.NewState());
            foreach (var text in form.Before)
                composer.AddText(first, text.Replace(CallForm.Name, function.Name, StringComparison.Ordinal), before);
            composer.AddGrammar(before, arguments, after);
            foreach (var text in form.After)
                composer.AddText(after, text, end);
        }

        if (tools.Parallel && tools.Choice.Kind == ToolChoiceKind.Required)
        {
            key.Append("\n+");
            composer.AddText(end, form.Between, first);
        }

        if (form.Closing.Length > 0)
            composer.AddText(end, form.Closing, composer.NewState(accepting: true));
        if (composer.StateCount > MostStates || composer.EdgeCount > MostEdges)
            throw ApiException.Invalid("tools", "The tools' parameters are together too large to force one of many calls: name the function in 'tool_choice', or give fewer.");
        return composer.Finish(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()))));
    }

    private static GenerationGrammar Compile(ToolFunction function, string path, GrammarCompiler compiler)
    {
        // A function without parameters takes none.
        var schema = (JObject?)function.Parameters?.DeepClone() ?? new JObject { ["additionalProperties"] = false };
        if ((schema["type"] ??= "object") is not { Type: JTokenType.String } type || (string?)type != "object")
            throw ApiException.Invalid($"{path}.type", $"'{path}.type' must be \"object\": a function's arguments are one.");
        try
        {
            return compiler.FromJsonSchema(schema);
        }
        catch (GrammarException error)
        {
            throw ApiException.Invalid(path, $"'{path}' cannot be followed: {error.Message}");
        }
    }
}
