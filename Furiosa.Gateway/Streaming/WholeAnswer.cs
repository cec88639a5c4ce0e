using System.Text;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools;

namespace Furiosa.Gateway.Streaming;

/// <summary>Answers a request with one JSON body.</summary>
internal static class WholeAnswer
{
    public static async Task RunAsync(HttpContext context, GenerationJob job, AnswerFormat format)
    {
        var answer = new Answer(job);
        var parts = Enumerable.Range(0, answer.Choices.Count).Select(_ => new Parts()).ToArray();
        await using (var events = new GenerationEvents(job, context.RequestAborted))
        {
            while (!answer.IsComplete)
            {
                foreach (var (index, news) in StreamedAnswer.Apply(await events.NextAsync(), answer, context.RequestAborted)) parts[index].Add(news);
            }
        }
        var choices = BestOf.Pick(parts.Select((part, i) => part.ToChoice(answer.Choices[i])).ToList(), job.Settings);
        await JsonResponse.WriteAsync(context, json => format.WriteWhole(json, answer, choices));
    }

    private sealed class Parts
    {
        private readonly StringBuilder _text = new();
        private readonly List<TokenEntry> _tokens = [];
        private readonly List<int> _ids = [];
        private readonly List<MessageDelta> _deltas = [];

        public void Add(ChoiceNews news)
        {
            _text.Append(news.Text);
            _tokens.AddRange(news.Tokens);
            _ids.AddRange(news.TokenIds);
            _deltas.AddRange(news.Deltas);
        }

        public WholeChoice ToChoice(ChoiceAssembler state) => new(state, _text.ToString(), _tokens, _ids, _deltas);
    }
}
