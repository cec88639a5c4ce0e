namespace Furiosa.Gateway.Tools.Requests;

/// <summary>A request's tool fields are not what the API allows: a 400 that names the field.</summary>
/// <param name="parameter">The field's path, such as <c>tools[0].function.name</c>.</param>
/// <param name="message">One line for the client: what is wrong and what is right.</param>
public sealed class ToolsRequestException(string parameter, string message) : Exception(message)
{
    /// <summary>The field's path.</summary>
    public string Parameter { get; } = parameter;
}
