using System.Collections.Immutable;
using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.Streaming;

/// <summary>A token of the answer with its log-probability.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Offset">Characters (code points) of the text before it.</param>
/// <param name="Logprob">Nats; NaN for none (the first token of a prompt).</param>
/// <param name="Top">The best alternatives.</param>
internal readonly record struct TokenEntry(int Id, int Offset, float Logprob, ImmutableArray<TokenAlternative> Top);
