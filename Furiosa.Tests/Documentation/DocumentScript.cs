using System.Text;

namespace Furiosa.Tests.Documentation;

/// <summary>A page as a shell script: what is no command is an empty line, so that a complaint names the page's own line.</summary>
internal static class DocumentScript
{
    /// <summary>Stands before the output of each block, with the block's line.</summary>
    public const char Mark = '\u001e';

    public static string Of(DocumentPage page)
    {
        var script = new StringBuilder();
        DocumentBlock? block = null;
        var isLeftOut = false;
        for (var i = 0; i < page.Lines.Length; i++)
        {
            var line = page.Lines[i];
            if (block is null && page.Blocks.FirstOrDefault(one => one.IsShell && one.First == i) is { } opened)
            {
                block = opened;
                script.Append($"printf '{Mark}{i}\\n'");
            }
            else if (block?.End == i)
            {
                block = null;
                script.Append($"printf '{Mark}\\n'");
            }
            else if (block is not null)
            {
                isLeftOut = isLeftOut || CommandsNotRun.Of(line.TrimStart()) is not null;
                if (!isLeftOut) script.Append(line);
                // A command that is left out is left out with the lines that it goes on in.
                isLeftOut = isLeftOut && line.EndsWith('\\');
            }
            script.Append('\n');
        }
        return script.ToString();
    }
}
