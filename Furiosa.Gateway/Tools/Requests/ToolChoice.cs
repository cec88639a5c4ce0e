namespace Furiosa.Gateway.Tools.Requests;

/// <summary>What <c>tool_choice</c> asks for.</summary>
internal enum ToolChoiceKind
{
    /// <summary>Text only.</summary>
    None,

    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>At least one call.</summary>
    Required,

    /// <summary>A call of one function.</summary>
    Named,
}

/// <summary>The request's <c>tool_choice</c>.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Function">The function's name for <see cref="ToolChoiceKind.Named"/>, else null.</param>
internal sealed record ToolChoice(ToolChoiceKind Kind, string? Function = null)
{
    /// <summary>Text only.</summary>
    public static ToolChoice None { get; } = new(ToolChoiceKind.None);

    /// <summary>The model decides.</summary>
    public static ToolChoice Auto { get; } = new(ToolChoiceKind.Auto);

    /// <summary>At least one call.</summary>
    public static ToolChoice Required { get; } = new(ToolChoiceKind.Required);
}
