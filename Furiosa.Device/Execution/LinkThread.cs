using System.Collections.Concurrent;

namespace Furiosa.Device.Execution;

/// <summary>
/// Waits for other processes on behalf of one group, so that the compute team never does: two groups that span the same
/// processes could otherwise wait for each other for ever.
/// </summary>
internal sealed class LinkThread : IDisposable
{
    private readonly ComputeTeam _team;
    private readonly Thread _thread;
    private readonly BlockingCollection<(TeamProgram Program, Action Wait)> _posted = [];

    public LinkThread(ComputeTeam team)
    {
        _team = team;
        _thread = new Thread(Work) { IsBackground = true, Name = "group-link" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="wait"/>; then the program goes on with the team.</summary>
    public void Post(TeamProgram program, Action wait) => _posted.Add((program, wait));

    public void Dispose()
    {
        _posted.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join();
        _posted.Dispose();
    }

    private void Work()
    {
        foreach (var (program, wait) in _posted.GetConsumingEnumerable())
        {
            try
            {
                wait();
            }
            catch (Exception error)
            {
                program.Fail(error);
            }

            Resume(program);
        }
    }

    private void Resume(TeamProgram program)
    {
        try
        {
            _team.Enqueue(program);
        }
        catch (ObjectDisposedException error)
        {
            program.Fail(error);
            program.Complete();
        }
    }
}
