using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>What a chat's prompt is made with, besides the request.</summary>
/// <param name="Template">The chat template; null for a model without one.</param>
/// <param name="Names">The tokens that it may name.</param>
/// <param name="Format">How it is given a message's content.</param>
/// <param name="Defaults">What every template is given unless the request says otherwise.</param>
internal sealed record PromptSource(ChatTemplate? Template, TokenNames Names, ContentFormat Format, JObject? Defaults = null);
