namespace Furiosa.Device.Mesh;

/// <summary>One processing element, <c>npu:Device:Pe</c>. Orders by number, device first.</summary>
/// <param name="Device">Index of the NPU.</param>
/// <param name="Pe">Index within the NPU, 0 to 7.</param>
public readonly record struct PeId(int Device, int Pe) : IComparable<PeId>
{
    /// <inheritdoc/>
    public int CompareTo(PeId other) => (Device, Pe).CompareTo((other.Device, other.Pe));

    /// <summary>E.g. <c>npu:0:3</c>.</summary>
    public override string ToString() => $"npu:{Device}:{Pe}";
}
