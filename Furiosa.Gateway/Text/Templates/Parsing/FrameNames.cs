namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>
/// The names that a frame (the template, a macro, a loop's turn) reads and assigns, in order. Jinja settles when it compiles where each comes from:
/// one that a frame assigns before it ever reads it is the frame's own from its start, so that what lies inside finds it undefined until then,
/// even where the template was given a variable of that name.
/// </summary>
internal sealed class FrameNames(IEnumerable<string> parameters)
{
    private readonly HashSet<string> _found = new(parameters, StringComparer.Ordinal);
    private HashSet<string> _assigned = new(StringComparer.Ordinal);

    /// <summary>The names that are undefined until the frame assigns them.</summary>
    public IReadOnlyList<string> Hidden => [.. _assigned.Where(name => !_found.Contains(name))];

    /// <summary>Notes that the frame itself, not what lies inside it, reads a name.</summary>
    public void Read(string name)
    {
        if (!_assigned.Contains(name))
            _found.Add(name);
    }

    /// <summary>Notes that the frame assigns a name.</summary>
    public void Assign(string name) => _assigned.Add(name);

    /// <summary>Follows the branches of an <c>if</c>, of which one is taken.</summary>
    public BranchNames Branches() => new(this, new HashSet<string>(_assigned, StringComparer.Ordinal));

    /// <summary>What the branches of one <c>if</c> assign.</summary>
    internal sealed class BranchNames(FrameNames frame, HashSet<string> before)
    {
        private readonly List<HashSet<string>> _branches = [];

        /// <summary>Ends a branch: the next one begins as this one did.</summary>
        public void End()
        {
            _branches.Add(frame._assigned);
            frame._assigned = new HashSet<string>(before, StringComparer.Ordinal);
        }

        /// <summary>Ends the statement. What only some branches assign is looked for outside where they are not taken.</summary>
        public void Close(bool hasElse)
        {
            if (!hasElse)
                _branches.Add(before);
            var always = _branches.Aggregate((HashSet<string>)[.. _branches[0]], (common, branch) => [.. common.Where(branch.Contains)]);
            frame._found.UnionWith(_branches.SelectMany(branch => branch).Where(name => !always.Contains(name)));
            frame._assigned = always;
        }
    }
}
