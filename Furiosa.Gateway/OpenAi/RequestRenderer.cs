using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Templates;
using Furiosa.Gateway.Text.Tokenizers;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Renders the prompts of chat requests without a server: as a model does, or with nothing but a template.</summary>
internal sealed class RequestRenderer
{
    private readonly PromptSource? _model;
    private readonly ChatTemplate? _alone;

    private RequestRenderer(PromptSource? model, ChatTemplate? alone) => (_model, _alone) = (model, alone);

    /// <param name="model">The model as its user wrote it; null for the bundled one, or for none where there is a template.</param>
    /// <param name="revision">Branch, tag or commit of a model on the hub.</param>
    /// <param name="templateFile">A file used instead of the model's template.</param>
    /// <exception cref="ConfigurationException">There is no such model.</exception>
    /// <exception cref="ModelTextException">A file cannot be read, or the model has no template.</exception>
    /// <exception cref="ChatTemplateException">The template does not parse.</exception>
    public static RequestRenderer Open(string? model, string? revision, string? templateFile)
    {
        if (model is null && templateFile is not null) return new RequestRenderer(null, ChatTemplate.Load("", templateFile));
        var directory = ModelLocator.Resolve(model, revision, withWeights: false);
        var template = ChatTemplate.Load(directory, templateFile)
            ?? throw new ModelTextException($"{directory} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json): give one with --chat-template.");
        var format = ContentFormats.Resolve("auto", ChatTemplateFiles.Find(directory, templateFile)!.Value.Default);
        return new RequestRenderer(new PromptSource(template, TokenNames.Load(directory), format), null);
    }

    /// <summary>The prompt of one request.</summary>
    /// <param name="request">Its JSON in UTF-8.</param>
    /// <exception cref="ApiException">The request is wrong.</exception>
    /// <exception cref="ChatTemplateException">The template, used alone, raised an error or reached a bound.</exception>
    public string Render(ReadOnlyMemory<byte> request)
    {
        var fields = JsonBodyReader.Parse(request);
        if (_model is not null) return ChatPrompt.RenderAlone(fields, _model);
        var variables = new JObject();
        ChatFields.AddVariables(fields.Values, variables);
        foreach (var property in fields.Object("chat_template_kwargs")?.Values.Properties() ?? []) variables[property.Name] = property.Value;
        variables.TryAdd("add_generation_prompt", fields.Boolean("continue_final_message") != true);
        return ChatPrompt.CutToContinue(fields, variables["messages"] as JArray ?? [], _alone!.Render(variables, ChatFields.ReadClock(fields)));
    }
}
