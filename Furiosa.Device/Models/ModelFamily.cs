using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>What sets one architecture apart: its names, the defaults of its Hugging Face configuration class, and its own fields.</summary>
internal abstract class ModelFamily
{
    /// <summary>The entry of <c>architectures</c>.</summary>
    public abstract string Architecture { get; }

    /// <summary>The value of <c>model_type</c>, asked when <c>architectures</c> is absent.</summary>
    public abstract string ModelType { get; }

    /// <summary>Key and value heads where the file is silent; null means as many as query heads.</summary>
    public virtual int? DefaultKvHeadCount => null;

    /// <summary>Elements of a head where the file is silent; null means hidden size over heads.</summary>
    public virtual int? DefaultHeadDim => null;

    /// <summary>The longest sequence where the file is silent.</summary>
    public virtual int DefaultMaxPositions => 2048;

    /// <summary>Adds what only this family has.</summary>
    /// <param name="shared">The fields that every family shares.</param>
    /// <param name="fields">The file, for more; problems are noted there.</param>
    public abstract ModelConfig Complete(ModelConfig shared, JsonFields fields);
}
