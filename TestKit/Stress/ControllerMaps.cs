namespace Iommu.TestKit.Stress;

/// <summary>What a controller has mapped in its second IOAS, so that it knows what each map and unmap must be answered.</summary>
internal sealed class ControllerMaps
{
    public const ulong Window = 0x10_0000_0000;
    public const ulong WindowBytes = 16UL << 20;
    public const ulong PageBytes = 4096;

    private readonly List<(ulong Iova, ulong LengthBytes)> _areas = [];

    public int Count => _areas.Count;

    public (ulong Iova, ulong LengthBytes) this[int index] => _areas[index];

    public bool Overlaps(ulong iova, ulong lengthBytes) =>
        _areas.Exists(area => iova < area.Iova + area.LengthBytes && area.Iova < iova + lengthBytes);

    public void Add(ulong iova, ulong lengthBytes) => _areas.Add((iova, lengthBytes));

    public void RemoveAt(int index) => _areas.RemoveAt(index);

    public void Clear() => _areas.Clear();
}
