using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Hugging Face's names of nonlinearities.</summary>
internal static class ActivationNames
{
    private static readonly Dictionary<string, Activation> Known = new(StringComparer.Ordinal)
    {
        ["silu"] = Activation.Silu, ["swish"] = Activation.Silu,
        ["gelu"] = Activation.Gelu, ["gelu_python"] = Activation.Gelu,
        ["gelu_new"] = Activation.GeluTanh, ["gelu_fast"] = Activation.GeluTanh, ["gelu_pytorch_tanh"] = Activation.GeluTanh, ["gelu_accurate"] = Activation.GeluTanh,
        ["quick_gelu"] = Activation.QuickGelu,
        ["relu"] = Activation.Relu, ["relu2"] = Activation.ReluSquared, ["xielu"] = Activation.Xielu,
    };

    /// <summary>Reads a field; notes a problem where it names none of these.</summary>
    public static Activation Read(JsonFields fields, string name, Activation standIn)
    {
        if (fields.Text(name) is not { } text) return standIn;
        if (Known.TryGetValue(text, out var activation)) return activation;
        fields.Problem(name, $"is \"{text}\", but must be one of {string.Join(", ", Known.Keys)}");
        return standIn;
    }
}
