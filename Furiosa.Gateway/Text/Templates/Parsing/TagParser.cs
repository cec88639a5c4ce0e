using Fluid.Ast;
using Furiosa.Gateway.Text.Templates.Nodes;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>Parses the tags of block statements; a tag's opening is already taken.</summary>
internal sealed class TagParser(TokenStream tokens, ExpressionParser expressions, TemplateParser template)
{
    private static readonly string[] FromOtherFiles = ["include", "import", "from", "extends"];
    private int _loops;

    /// <summary>Whether a tag of that name belongs to one that was opened before.</summary>
    public static bool ClosesSomething(string name) => name.StartsWith("end", StringComparison.Ordinal) || name is "else" or "elif";

    /// <summary>Parses the tag that begins here and all that belongs to it.</summary>
    public Statement? Parse()
    {
        var tag = tokens.Expect(TokenKind.Name, "a tag's name");
        switch (tag.Text)
        {
            case "if":
                return ParseIf();
            case "for":
                return ParseFor();
            case "set":
                return ParseSet();
            case "macro":
                return ParseMacro();
            case "call":
                return ParseCall();
            case "filter":
                var filter = expressions.Operands.ParseFilters(inline: true);
                return new FilterStatement(ParseToEnd("endfilter"), filter);
            case "with":
                return ParseWith();
            case "block":
                tokens.Expect(TokenKind.Name, "the block's name");
                return new ScopeStatement([], ParseToEnd("endblock"));
            case "generation":
                return new ScopeStatement([], ParseToEnd("endgeneration"));
            case "break" or "continue" when _loops == 0:
                throw tokens.Error(tag, $"'{tag.Text}' stands outside any loop.");
            case "break" or "continue":
                EndTag();
                return new LoopControlStatement(tag.Text == "break" ? Completion.Break : Completion.Continue);
            default:
                throw tokens.Error(tag, FromOtherFiles.Contains(tag.Text) ? $"the tag '{tag.Text}' needs other files; a chat template is one file."
                    : ClosesSomething(tag.Text) ? $"the tag '{tag.Text}' closes nothing that is open here."
                    : $"the tag '{tag.Text}' is unknown.");
        }
    }

    private void EndTag() => tokens.Expect(TokenKind.BlockEnd, "'%}'");

    // The rest of the opening tag, the body and the whole closing tag.
    private Block ParseToEnd(string end, IEnumerable<string>? parameters = null, bool isFrame = true)
    {
        EndTag();
        var body = isFrame ? template.ParseFrame(parameters ?? [], end) : template.ParseBody(end);
        tokens.Next();
        if (end is "endblock" or "endmacro" && tokens.Current.Kind == TokenKind.Name)
            tokens.Next();
        EndTag();
        return body;
    }

    private BranchStatement ParseIf()
    {
        var branches = new List<(JinjaExpression Condition, Block Body)>();
        Block? otherwise = null;
        var names = expressions.Operands.Frame.Branches();
        while (true)
        {
            var condition = expressions.ParseTuple();
            EndTag();
            branches.Add((condition, template.ParseBody("elif", "else", "endif")));
            names.End();
            var next = tokens.Next().Text;
            if (next == "elif")
                continue;
            if (next == "else")
            {
                otherwise = ParseToEnd("endif", isFrame: false);
                names.End();
                names.Close(hasElse: true);
                return new BranchStatement(branches, otherwise);
            }

            EndTag();
            names.Close(hasElse: false);
            return new BranchStatement(branches, otherwise);
        }
    }

    private LoopStatement ParseFor()
    {
        var target = ParseTarget(withAttribute: false);
        if (!tokens.TakeName("in"))
            throw tokens.Error($"'in' is expected, not {TokenStream.Describe(tokens.Current)}.");
        var source = expressions.ParseTuple(withConditional: false);
        // A loop's condition is the loop's own: what it reads is not read by the frame around it.
        var outer = expressions.Operands.Frame;
        expressions.Operands.Frame = new FrameNames(target.Names);
        var condition = tokens.TakeName("if") ? expressions.ParseExpression() : null;
        expressions.Operands.Frame = outer;
        var isRecursive = tokens.TakeName("recursive");
        EndTag();
        _loops++;
        var body = template.ParseFrame([.. target.Names, "loop"], "else", "endfor");
        _loops--;
        var otherwise = tokens.Next().Text == "else" ? ParseToEnd("endfor") : null;
        if (otherwise == null)
            EndTag();
        return new LoopStatement(target, source, condition, body, otherwise, isRecursive);
    }

    private JinjaStatement ParseSet()
    {
        var target = ParseTarget(withAttribute: true);
        if (tokens.TakeOperator("="))
        {
            var value = expressions.ParseTuple();
            EndTag();
            Note(target);
            return new SetStatement(target, value);
        }

        Note(target);
        var filter = expressions.Operands.ParseFilters(inline: false);
        return new SetBlockStatement(target, ParseToEnd("endset"), filter);
    }

    private void Note(AssignmentTarget target)
    {
        foreach (var space in target.Spaces)
            expressions.Operands.Frame.Read(space);
        foreach (var name in target.Names)
            expressions.Operands.Frame.Assign(name);
    }

    private ScopeStatement ParseWith()
    {
        var assignments = new List<(AssignmentTarget Target, JinjaExpression Value)>();
        while (tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
                tokens.ExpectOperator(",");
            var target = ParseSingleTarget(withAttribute: false);
            tokens.ExpectOperator("=");
            assignments.Add((target, expressions.ParseExpression()));
        }

        return new ScopeStatement(assignments, ParseToEnd("endwith", assignments.SelectMany(assignment => assignment.Target.Names)));
    }

    private DefineMacroStatement ParseMacro()
    {
        var name = tokens.Expect(TokenKind.Name, "the macro's name").Text;
        tokens.ExpectOperator("(");
        expressions.Operands.Frame.Assign(name);
        return new DefineMacroStatement(ParseMacroBody(name, ParseParameters(), "endmacro"));
    }

    private CallBlockStatement ParseCall()
    {
        var parameters = tokens.TakeOperator("(") ? ParseParameters() : [];
        var at = tokens.Current;
        if (expressions.ParseExpression() is not CallExpression call)
            throw tokens.Error(at, "a call is expected here.");
        return new CallBlockStatement(call, ParseMacroBody("caller", parameters, "endcall"));
    }

    private MacroDefinition ParseMacroBody(string name, List<(string Name, JinjaExpression? Default)> parameters, string end)
    {
        // What a macro takes beyond its parameters depends on the special names in its body.
        var (outerNames, outerLoops) = (expressions.Operands.Names, _loops);
        expressions.Operands.Names = new HashSet<string>(StringComparer.Ordinal);
        _loops = 0;
        var body = ParseToEnd(end, [.. parameters.Select(parameter => parameter.Name), "caller", "varargs", "kwargs"]);
        var names = expressions.Operands.Names;
        outerNames.UnionWith(names);
        expressions.Operands.Names = outerNames;
        _loops = outerLoops;
        return new MacroDefinition(name, parameters, body, names.Contains("varargs"), names.Contains("kwargs"), names.Contains("caller"));
    }

    private List<(string Name, JinjaExpression? Default)> ParseParameters()
    {
        var parameters = new List<(string Name, JinjaExpression? Default)>();
        while (!tokens.TakeOperator(")"))
        {
            if (parameters.Count > 0)
                tokens.ExpectOperator(",");
            var name = tokens.Expect(TokenKind.Name, "a parameter's name").Text;
            var otherwise = tokens.TakeOperator("=") ? expressions.ParseExpression() : null;
            if (otherwise == null && parameters.Count > 0 && parameters[^1].Default != null)
                throw tokens.Error($"the parameter '{name}' without a default follows one with a default.");
            parameters.Add((name, otherwise));
        }

        return parameters;
    }

    private AssignmentTarget ParseTarget(bool withAttribute)
    {
        var first = ParseSingleTarget(withAttribute);
        if (!tokens.Current.IsOperator(","))
            return first;
        var parts = new List<AssignmentTarget> { first };
        while (tokens.TakeOperator(",") && (tokens.Current.Kind == TokenKind.Name || tokens.Current.IsOperator("(")) && !tokens.Current.IsName("in"))
            parts.Add(ParseSingleTarget(withAttribute));
        return new AssignmentTarget(parts);
    }

    private AssignmentTarget ParseSingleTarget(bool withAttribute)
    {
        JinjaContext.EnsureStack();
        if (tokens.TakeOperator("("))
        {
            var inner = ParseTarget(withAttribute);
            tokens.ExpectOperator(")");
            return inner;
        }

        var name = tokens.Expect(TokenKind.Name, "a variable's name");
        if (name.Text is "true" or "false" or "none" or "True" or "False" or "None")
            throw tokens.Error(name, $"'{name.Text}' cannot be assigned to.");
        return withAttribute && tokens.TakeOperator(".")
            ? new AssignmentTarget(name.Text, tokens.Expect(TokenKind.Name, "an attribute's name").Text)
            : new AssignmentTarget(name.Text);
    }
}
