using System.Text;

namespace Furiosa.Gateway.Text.Templates;

/// <summary>Collects text and stops a template that writes too much of it.</summary>
internal sealed class BoundedWriter(RenderBudget budget) : TextWriter
{
    private readonly StringBuilder _text = new();
    private int _uncounted;

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.Unicode;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        _text.Append(value);
        if (++_uncounted >= 1024)
            Count();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.Length > RenderBudget.LargestText)
            budget.SpendText(buffer.Length);
        _text.Append(buffer);
        _uncounted += buffer.Length;
        if (_uncounted >= 1024)
            Count();
    }

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override Task WriteAsync(string? value)
    {
        Write(value.AsSpan());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task WriteAsync(char value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    /// <summary>All that was written.</summary>
    public override string ToString() => _text.ToString();

    private void Count()
    {
        if (_text.Length > RenderBudget.LargestText)
            budget.SpendText(_text.Length);
        budget.Spend(_uncounted / 16);
        _uncounted = 0;
    }
}
