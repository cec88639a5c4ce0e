namespace Furiosa.Device.Execution;

/// <summary>
/// Work for the <see cref="ComputeTeam"/>: phases one after another, each a number of independent items. A phase begins when all
/// items of the one before are done.
/// </summary>
internal abstract class TeamProgram
{
    private Exception? _fault;

    /// <summary>The first exception of an item; the phases after it are left out.</summary>
    public Exception? Fault => Volatile.Read(ref _fault);

    /// <summary>Goes to the next phase. Called by one thread at a time.</summary>
    /// <param name="items">How many items the phase has; may be 0.</param>
    public abstract PhaseKind MoveNext(out int items);

    /// <summary>Does one item.</summary>
    /// <param name="worker">Index of the thread in its team, for scratch memory.</param>
    /// <param name="item">Index of the item in its phase.</param>
    public abstract void Run(int worker, int item);

    /// <summary>
    /// Called again and again by a thread that has nothing to do while the program runs or has just ended: a little that makes what comes faster. Returns at once;
    /// false when there is nothing left to prepare.
    /// </summary>
    /// <param name="worker">Index of the thread in its team.</param>
    public virtual bool Prepare(int worker) => false;

    /// <summary>
    /// Takes over a <see cref="PhaseKind.Waiting"/> phase: runs it on a thread of the program's own and puts the program back
    /// into the team's queue, so that a program waiting for another process never holds the team.
    /// </summary>
    public virtual void Wait(ComputeTeam team) => throw new NotSupportedException();

    /// <summary>Called once after the last phase, on a compute thread.</summary>
    public abstract void Complete();

    public void Fail(Exception error) => Interlocked.CompareExchange(ref _fault, error, null);

    protected void ClearFault() => Volatile.Write(ref _fault, null);
}

/// <summary>What comes next in a program.</summary>
internal enum PhaseKind
{
    /// <summary>Nothing: the program is done.</summary>
    End,

    /// <summary>Items for the team.</summary>
    Items,

    /// <summary>A wait for another process, see <see cref="TeamProgram.Wait"/>.</summary>
    Waiting,
}
