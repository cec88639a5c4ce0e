using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Pes;

/// <summary>
/// One processing element as an actor: hands each step to the element and tells the stage how it ended. It computes nothing itself.
/// </summary>
internal sealed class PeActor : ReceiveActor
{
    public PeActor(IProcessingElement element, int rank)
    {
        var stage = Context.Parent;
        var self = Self;
        // On a compute thread, which has nothing to compute before the next step has come this way.
        void Completed(PeOutcome outcome)
        {
            using var _ = ChainExecutor.Open(ChainDispatchers.Steps);
            stage.Tell(new StepExecuted(rank, outcome), self);
        }

        Action<PeOutcome> completed = Completed;
        Receive<ExecuteStep>(message =>
        {
            try
            {
                element.Execute(message.Step, completed);
            }
            catch (Exception fault)
            {
                Completed(new PeOutcome(message.Step.Batch.StepId, null, null, fault.Message));
            }
        });
    }
}
