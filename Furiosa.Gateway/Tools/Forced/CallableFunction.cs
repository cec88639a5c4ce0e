using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>A function that a grammar lets the model call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Json">Its arguments as a JSON object.</param>
/// <param name="Named">Its arguments one by one, for models that do not write them as JSON.</param>
internal sealed record CallableFunction(string Name, GenerationGrammar Json, Lazy<NamedArguments> Named)
{
    public GrammarExpression Arguments => new ExpressionGrammar(Json);
}
