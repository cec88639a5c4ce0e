using System.Runtime.CompilerServices;
using Fluid;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates;

/// <summary>The state of one rendering: Fluid's scopes, and what the rendering may still use.</summary>
internal sealed class JinjaContext : TemplateContext
{
    private const int DeepestCall = 200;
    private int _depth;

    public JinjaContext(TemplateOptions options, TimeProvider clock)
        : base(options) => Clock = clock;

    /// <summary>The innermost scope. Fluid keeps its context's own scope to itself and nests it by calls, not by where a macro stands.</summary>
    public Scope Variables { get; private set; } = new();

    /// <summary>What is left to use.</summary>
    public RenderBudget Budget { get; } = new();

    /// <summary>What <c>strftime_now</c> reads.</summary>
    public TimeProvider Clock { get; }

    /// <summary>The variable of that name in the nearest scope, or an undefined value.</summary>
    public JinjaValue Lookup(string name) => Variables.GetValue(name) as JinjaValue ?? new UndefinedValue($"'{name}' is undefined");

    /// <summary>Runs something in a scope of its own inside <paramref name="parent"/>.</summary>
    public TResult InScope<TResult>(Scope parent, Func<Scope, TResult> run)
    {
        var outer = Variables;
        EnterCall();
        Variables = new Scope(parent);
        try
        {
            return run(Variables);
        }
        finally
        {
            Variables = outer;
            _depth--;
        }
    }

    /// <summary>Refuses recursion that would end the process.</summary>
    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateException("the chat template nests too deeply.");
    }

    private void EnterCall()
    {
        if (++_depth > DeepestCall)
        {
            _depth--;
            throw new ChatTemplateException($"the chat template calls itself more than {DeepestCall} deep.");
        }

        EnsureStack();
    }
}
