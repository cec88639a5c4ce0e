using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>A filter: what it makes of its input and arguments.</summary>
internal delegate JinjaValue JinjaFilter(JinjaValue input, CallArguments arguments, JinjaContext context);

/// <summary>A test: whether its input passes.</summary>
internal delegate bool JinjaTest(JinjaValue input, CallArguments arguments, JinjaContext context);
