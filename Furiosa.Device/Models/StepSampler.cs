using Furiosa.Device.Execution;

namespace Furiosa.Device.Models;

/// <summary>Answers sample requests from a row of logits.</summary>
internal static class StepSampler
{
    public static SampleAnswer Answer(SampleRequest request, ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best]) best = i;
        }

        return new SampleAnswer(best, 0, null);
    }
}
