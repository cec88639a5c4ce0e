using System.Diagnostics;

namespace Furiosa.Gateway.Text.Templates;

/// <summary>What one rendering may use. A template comes with a model's files and its inputs with a request: neither may run for ever or fill the memory.</summary>
internal sealed class RenderBudget
{
    /// <summary>The most characters that any one text, the rendering included, may have.</summary>
    public const int LargestText = 16 * 1024 * 1024;

    /// <summary>The most elements that a list made by a template may have.</summary>
    public const int LongestList = 1_000_000;

    private const int MostWork = 4_000_000;
    private const int WorkBetweenClockReads = 4096;
    private static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(5);

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _work;
    private long _nextClockRead = WorkBetweenClockReads;

    /// <summary>Counts work done: one for a node of the template, an element compared or 16 characters made.</summary>
    /// <exception cref="ChatTemplateException">There was too much of it.</exception>
    public void Spend(int work = 1)
    {
        _work += work;
        if (_work > MostWork)
            throw new ChatTemplateException($"the chat template was stopped after {MostWork} steps.");
        if (_work < _nextClockRead)
            return;
        _nextClockRead = _work + WorkBetweenClockReads;
        if (Stopwatch.GetElapsedTime(_started) > LongestTime)
            throw new ChatTemplateException($"the chat template was stopped after {LongestTime.TotalSeconds} seconds.");
    }

    /// <summary>Counts a text about to be made and refuses one that is too long.</summary>
    public void SpendText(long length)
    {
        if (length > LargestText)
            throw new ChatTemplateException($"the chat template makes a text of more than {LargestText} characters.");
        Spend((int)(length / 16) + 1);
    }

    /// <summary>Counts a list about to be made and refuses one that is too long.</summary>
    public void SpendList(long length)
    {
        if (length > LongestList)
            throw new ChatTemplateException($"the chat template makes a list of more than {LongestList} elements.");
        Spend((int)(length / 4) + 1);
    }
}
