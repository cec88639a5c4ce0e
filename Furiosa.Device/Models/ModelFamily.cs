using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>What sets one architecture apart: its names, the defaults of its Hugging Face configuration class, and its own fields.</summary>
internal abstract class ModelFamily
{
    /// <summary>The entry of <c>architectures</c>.</summary>
    public abstract string Architecture { get; }

    /// <summary>The value of <c>model_type</c>, asked when <c>architectures</c> is absent.</summary>
    public abstract string ModelType { get; }

    /// <summary>What the file calls its fields.</summary>
    public virtual ConfigKeys Keys { get; } = new();

    /// <summary>The same for one file, where files differ.</summary>
    /// <param name="fields">The file.</param>
    public virtual ConfigKeys KeysOf(JsonFields fields) => Keys;

    /// <summary>How many layers, for a family that may leave it to be counted; null where the file must say.</summary>
    /// <param name="fields">The file.</param>
    public virtual int? LayersOf(JsonFields fields) => null;

    /// <summary>Query heads where the file is silent; null where it must say.</summary>
    public virtual int? DefaultHeadCount => null;

    /// <summary>Rows of the embedding where the file is silent; null where it must say.</summary>
    public virtual int? DefaultVocabSize => null;

    /// <summary>Key and value heads where the file is silent; null means as many as query heads.</summary>
    public virtual int? DefaultKvHeadCount => null;

    /// <summary>Elements of a head where the file is silent; null means hidden size over heads.</summary>
    public virtual int? DefaultHeadDim => null;

    /// <summary>Elements of a head, and those of them that are rotated, for a family that gives them in its own way; null for others.</summary>
    /// <param name="fields">The file.</param>
    public virtual (int HeadDim, int RotaryDim)? HeadSizes(JsonFields fields) => null;

    /// <summary>The longest sequence where the file is silent.</summary>
    public virtual int DefaultMaxPositions => 2048;

    /// <summary>The feed-forward width where the file is silent; null where the file must have it.</summary>
    /// <param name="hiddenSize">The hidden size.</param>
    public virtual int? DefaultIntermediateSize(int hiddenSize) => null;

    /// <summary>The epsilon of norms where the file is silent.</summary>
    public virtual double DefaultNormEps => 1e-6;

    /// <summary>The nonlinearity where the file is silent.</summary>
    public virtual Activation DefaultActivation => Activation.Silu;

    /// <summary>Whether the head is the embedding where the file is silent.</summary>
    public virtual bool DefaultTied => false;

    /// <summary>Whether there is a rotary embedding.</summary>
    public virtual bool HasRope => true;

    /// <summary>The base of the rotary frequencies where the file is silent.</summary>
    public virtual double DefaultTheta => 10000;

    /// <summary>The share of a head that is rotated where the file is silent.</summary>
    public virtual double DefaultPartialRotary => 1;

    /// <summary>Whether part of a head may stay unrotated.</summary>
    public virtual bool HasPartialRotary => DefaultPartialRotary < 1;

    /// <summary>Adds what only this family has.</summary>
    /// <param name="shared">The fields that every family shares.</param>
    /// <param name="fields">The file, for more; problems are noted there.</param>
    public abstract ModelConfig Complete(ModelConfig shared, JsonFields fields);

    /// <summary>Notes a problem where a field has another value than the one that is supported.</summary>
    protected static void RequireFalse(JsonFields fields, string name)
    {
        if (fields.Bool(name) == true) fields.Problem(name, "is true, but only false is supported");
    }
}
